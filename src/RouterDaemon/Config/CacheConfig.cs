namespace RouterDaemon.Config;

/// <summary>Exact response cache.</summary>
internal sealed record CacheConfig
{
    public bool Enabled { get; init; }

    /// <summary>Default 256 MiB.</summary>
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>Default 5 min.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>One answer serves all callers' keys; default: each key has answers of its own.</summary>
    public bool Shared { get; init; }
}
