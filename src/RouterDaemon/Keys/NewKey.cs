using RouterDaemon.Store.Journal;

namespace RouterDaemon.Keys;

/// <summary>A key to be made.</summary>
internal sealed record NewKey
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>The user of the context store whom it stands for.</summary>
    public required string UserId { get; init; }

    /// <summary>The user's tier; null = as it is, or standard.</summary>
    public UserTier? Tier { get; init; }

    /// <summary>The user's latency SLA in ms; null = as it is, or none.</summary>
    public int? LatencySlaMs { get; init; }

    /// <summary>What all keys of the user may spend a UTC day; null = as it is, or no limit.</summary>
    public double? DailyBudgetUsd { get; init; }

    /// <summary>When it ends; null = never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What it may do.</summary>
    public KeyLimits Limits { get; init; } = KeyLimits.None;
}
