namespace RouterDaemon.Config;

/// <summary>Metrics and traces.</summary>
internal sealed record TelemetryConfig
{
    /// <summary>OTLP endpoint for traces; null = off.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary><c>/metrics</c>. Default true.</summary>
    public bool Metrics { get; init; } = true;
}
