namespace RouterDaemon.Config;

/// <summary>Exact response cache.</summary>
internal sealed record CacheConfig
{
    /// <summary>Default false.</summary>
    public bool Enabled { get; init; }

    /// <summary>Bytes of cached answers. Default 256 MiB.</summary>
    public long MaxBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>How long an answer stays. Default 5 min.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromMinutes(5);
}
