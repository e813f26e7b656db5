namespace RouterDaemon.Store.Context;

/// <summary>What requests must match; null = anything. All conditions hold together.</summary>
public sealed record RequestFilter
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The user's tier.</summary>
    public string? UserTier { get; init; }

    /// <summary>The deployment.</summary>
    public string? DeploymentId { get; init; }

    /// <summary>The model.</summary>
    public string? ModelId { get; init; }

    /// <summary>The backend.</summary>
    public string? BackendId { get; init; }

    /// <summary>success, error or timeout.</summary>
    public string? Status { get; init; }

    /// <summary>Created at or after.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Created at or before.</summary>
    public DateTimeOffset? Until { get; init; }
}
