namespace RouterDaemon.Config;

/// <summary>Separate limits for the phases of an upstream request; zero or infinite is not allowed.</summary>
internal sealed record TimeoutsConfig
{
    /// <summary>TCP and TLS. Default 2 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>First token of a model that is not loaded yet. Default 120 s.</summary>
    public TimeSpan ModelLoad { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>First token. Default 60 s.</summary>
    public TimeSpan FirstToken { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence between tokens. Default 30 s.</summary>
    public TimeSpan BetweenTokens { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The whole answer. Default 10 min.</summary>
    public TimeSpan Total { get; init; } = TimeSpan.FromMinutes(10);
}
