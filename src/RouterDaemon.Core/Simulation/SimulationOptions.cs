namespace RouterDaemon.Core.Simulation;

/// <summary>What to simulate.</summary>
public sealed record SimulationOptions
{
    /// <summary>The trace.</summary>
    public required SimTrace Trace { get; init; }

    /// <summary>The fleet.</summary>
    public required SimFleet Fleet { get; init; }

    /// <summary>Policies by name; <c>clairvoyant</c> = the greedy ceiling, which sees every engine's true state and every answer's length.</summary>
    public required IReadOnlyList<string> Policies { get; init; }

    /// <summary>Runs with different jitter and ties; the same for every policy. Default 1.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>First seed. Default 1.</summary>
    public int FirstSeed { get; init; } = 1;

    /// <summary>Arrival gaps are divided by this. Default 1.</summary>
    public double Load { get; init; } = 1;

    /// <summary>Gauges are polled this often, milliseconds. Default 50; 0 = never.</summary>
    public double StalenessMs { get; init; } = 50;

    /// <summary>Objective for the first token, milliseconds. Default 3000.</summary>
    public double SloTtftMs { get; init; } = 3000;

    /// <summary>Objective for the mean time between tokens, milliseconds. Default 60.</summary>
    public double SloTpotMs { get; init; } = 60;

    /// <summary>Weight of the harm to others; null = the preset's.</summary>
    public double? Alpha { get; init; }

    /// <summary>Spread (sigma of a log-normal) of the router's estimate of prompt tokens. Default 0.</summary>
    public double Noise { get; init; }

    /// <summary>Share of requests at the start that are not counted. Default 0.05.</summary>
    public double WarmUp { get; init; } = 0.05;

    /// <summary>Cap of <c>static_chain</c>. Default 64.</summary>
    public int StaticChainCap { get; init; } = 64;

    /// <summary>Attempts of a request. Default 3.</summary>
    public int MaxAttempts { get; init; } = 3;
}
