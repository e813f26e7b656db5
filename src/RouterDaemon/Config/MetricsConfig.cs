namespace RouterDaemon.Config;

/// <summary>A Prometheus endpoint of a cluster, polled as a slow prior.</summary>
internal sealed record MetricsConfig
{
    /// <summary>The endpoint.</summary>
    public required Uri Url { get; init; }

    /// <summary>Bearer token; null = none.</summary>
    public Secret? Token { get; init; }
}
