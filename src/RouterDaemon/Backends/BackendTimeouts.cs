namespace RouterDaemon.Backends;

/// <summary>Bounds of one attempt's phases; <see cref="Timeout.InfiniteTimeSpan"/> = none.</summary>
internal sealed record BackendTimeouts
{
    /// <summary>Name resolution, TCP and TLS. Default 2 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Loading an on-device model on first use. Default 120 s.</summary>
    public TimeSpan ModelLoad { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>From the request sent to its first content (the whole answer when it is not streamed). Default 60 s.</summary>
    public TimeSpan FirstToken { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence between two chunks. Default 30 s.</summary>
    public TimeSpan BetweenTokens { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The whole attempt. Default 10 min.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromMinutes(10);
}
