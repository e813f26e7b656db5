namespace RouterDaemon.Bench.Load;

/// <summary>One measurement.</summary>
public sealed record LoadOptions
{
    /// <summary>Base URL up to and including <c>/v1</c>, http or https.</summary>
    public required Uri Url { get; init; }

    /// <summary>What is measured, for the report: <c>direct</c>, <c>nginx</c>, ...</summary>
    public string Target { get; init; } = "target";

    /// <summary>Which measurement this is, for the report: <c>saturation</c>, <c>rate-5000</c>, <c>streams-100</c>, ...</summary>
    public string Scenario { get; init; } = "load";

    /// <summary>Model name in the requests.</summary>
    public string Model { get; init; } = "mock-model";

    /// <summary>Bearer token; empty = none.</summary>
    public string ApiKey { get; init; } = "";

    /// <summary>Further header lines, <c>name: value</c>.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>Arrivals per second, sent on schedule whether or not earlier ones are answered; 0 = closed loop, each connection sends
    /// its next request when it has the answer.</summary>
    public double RatePerSecond { get; init; }

    /// <summary>Connections; in an open loop arrivals wait for a free one and that wait counts.</summary>
    public int Connections { get; init; } = 32;

    /// <summary>Measured time.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time before it whose requests are not counted.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>True: event streams.</summary>
    public bool Stream { get; init; }

    /// <summary>Size of the request body in bytes, at least what the JSON needs.</summary>
    public int BodyBytes { get; init; } = 1024;

    /// <summary>Largest answer asked for, tokens; 0 leaves it to the server.</summary>
    public int MaxTokens { get; init; }

    /// <summary>Goodput: latest first token, milliseconds.</summary>
    public double SloTtftMs { get; init; } = 3000;

    /// <summary>Goodput: longest mean time between tokens, milliseconds.</summary>
    public double SloTpotMs { get; init; } = 60;

    /// <summary>Processes whose CPU time and memory are read, children included.</summary>
    public IReadOnlyList<int> Pids { get; init; } = [];

    /// <summary>Seed of the exponential gaps between arrivals; negative = even gaps.</summary>
    public int Seed { get; init; } = -1;
}
