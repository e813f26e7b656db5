namespace RouterDaemon.Config;

internal sealed record TelemetryConfig
{
    /// <summary>OTLP endpoint; null = off.</summary>
    public Uri? OtlpUrl { get; init; }

    /// <summary>Serve <c>/metrics</c>. Default true.</summary>
    public bool Metrics { get; init; } = true;
}
