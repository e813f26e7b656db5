namespace RouterDaemon.Config;

/// <summary>What the context store keeps, and how often the daemon refreshes it.</summary>
internal sealed record ContextConfig
{
    /// <summary>Time between two writes of <c>deployments</c>, incidents and estimates. Default 5 s, 10 s at most.</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Requests, scores and decisions older than this are deleted; their roll-ups stay. Default 30 days; infinite = never.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Roll-ups and resolved incidents older than this are deleted. Default 400 days; infinite = never.</summary>
    public TimeSpan KeepRollUps { get; init; } = TimeSpan.FromDays(400);

    /// <summary>Time between two clean-ups. Default 1 h.</summary>
    public TimeSpan CleanUp { get; init; } = TimeSpan.FromHours(1);
}
