namespace RouterDaemon.Config;

/// <summary>The router that this daemon joins as an agent.</summary>
internal sealed record JoinConfig
{
    /// <summary>Address of that router.</summary>
    public Uri? Url { get; init; }

    /// <summary>How that router reaches this daemon.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>This daemon's name there; null (default) = the host's name.</summary>
    public string? Name { get; init; }

    /// <summary>What is offered there; empty (default) = the models that this daemon lists.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Name of the environment variable with a key of this daemon, for that router to use; null = none is needed.</summary>
    public string? ApiKeyEnv { get; init; }

    public Secret? ApiKey { get; init; }

    /// <summary>Time between two heartbeats. Default 30 s, which is also the longest: a router drops who misses three of those.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(30);
}
