namespace RouterDaemon.Config;

/// <summary>Most money spent in a period (UTC).</summary>
internal sealed record BudgetConfig
{
    /// <summary>Unique name, shown in errors.</summary>
    public string Id { get; init; } = "";

    public double LimitUsd { get; init; }

    public BudgetPeriod Per { get; init; } = BudgetPeriod.Day;

    /// <summary>Deployments whose cost counts and which are masked when it is spent; see <see cref="DeploymentPattern"/>. Default all.</summary>
    public IReadOnlyList<string> Deployments { get; init; } = ["*"];
}
