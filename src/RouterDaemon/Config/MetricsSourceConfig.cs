namespace RouterDaemon.Config;

/// <summary>A Prometheus page of a backend, polled for slow priors.</summary>
internal sealed record MetricsSourceConfig
{
    public Uri? Url { get; init; }

    /// <summary>Name of the environment variable with the bearer token; null = none.</summary>
    public string? TokenEnv { get; init; }

    public Secret? Token { get; init; }

    /// <summary>Time between two polls. Default 5 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);
}
