namespace RouterDaemon.Config;

/// <summary>A second request to another deployment when the first is late.</summary>
internal sealed record HedgeConfig
{
    public bool Enabled { get; init; }

    /// <summary>Most hedged requests as a fraction of all, 0..1. Default 0.02.</summary>
    public double BudgetFraction { get; init; } = 0.02;
}
