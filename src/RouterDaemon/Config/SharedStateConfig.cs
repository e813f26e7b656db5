namespace RouterDaemon.Config;

/// <summary>State shared by several daemons; both null = embedded.</summary>
internal sealed record SharedStateConfig
{
    /// <summary>A secret because the URL may hold a password.</summary>
    public Secret? RedisUrl { get; init; }

    /// <summary>A secret because the URL may hold a password.</summary>
    public Secret? PostgresUrl { get; init; }
}
