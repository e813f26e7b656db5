namespace RouterDaemon.Agents.Loop;

/// <summary>Bounds of one question.</summary>
public sealed record AgentOptions
{
    /// <summary>Model calls at most. Default 10.</summary>
    public int MaxSteps { get; init; } = 10;

    /// <summary>Time at most. Default 60 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Money at most; checked after each model call. Default 0.10 USD.</summary>
    public double MaxCostUsd { get; init; } = 0.10;

    /// <summary>Model, deployment or virtual model to ask. Default <c>auto</c>.</summary>
    public string Model { get; init; } = "auto";

    /// <summary>True: the deterministic planner answers even when a model is at hand. Default false.</summary>
    public bool PlannerOnly { get; init; }
}
