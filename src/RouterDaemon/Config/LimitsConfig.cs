namespace RouterDaemon.Config;

internal sealed record LimitsConfig
{
    /// <summary>Largest request body. Default 32 MiB.</summary>
    public long MaxBodyBytes { get; init; } = 32L << 20;

    /// <summary>Most open client connections. Default 0 = no limit of our own.</summary>
    public int MaxConnections { get; init; }

    /// <summary>A request ends after this even if the client set no deadline. Default 10 min.</summary>
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A client that reads nothing of its answer for this long is left. Default 30 s.</summary>
    public TimeSpan ClientStall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long running requests may go on after SIGTERM. Default 30 s, 0 = cut at once.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
