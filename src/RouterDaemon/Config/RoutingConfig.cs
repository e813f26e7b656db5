namespace RouterDaemon.Config;

/// <summary>Default choice among deployments.</summary>
internal sealed record RoutingConfig
{
    /// <summary>Name in the policy table. Default priced.</summary>
    public string Policy { get; init; } = "priced";

    /// <summary>interactive, balanced (default) or batch.</summary>
    public string Preset { get; init; } = "balanced";

    /// <summary>Second attempts while the first is slow. Default off.</summary>
    public bool HedgeEnabled { get; init; }

    /// <summary>Largest share of requests that may be hedged, 0..1. Default 0.02.</summary>
    public double HedgeBudget { get; init; } = 0.02;
}
