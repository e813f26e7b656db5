namespace RouterDaemon.Config;

/// <summary>One spending limit.</summary>
internal sealed record BudgetConfig
{
    /// <summary>What it bounds: a backend, deployment, model or virtual model name, or <c>*</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>Limit in USD for one period.</summary>
    public required double LimitUsd { get; init; }

    /// <summary>Length of the period. Default one day.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromDays(1);
}
