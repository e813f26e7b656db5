namespace RouterDaemon.Config;

/// <summary>Bounds and names of the HTTP surface.</summary>
internal sealed record HttpConfig
{
    /// <summary>Largest request body. Default 32 MiB.</summary>
    public long MaxBodyBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>Silence of an upstream after which the client gets a keep-alive comment. Default 10 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for running requests when the daemon stops. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Further host names the daemon answers to.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Origins of web pages that may call.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];
}
