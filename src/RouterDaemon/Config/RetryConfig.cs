namespace RouterDaemon.Config;

/// <summary>Attempts of one request before its first content.</summary>
internal sealed record RetryConfig
{
    /// <summary>Attempts in total, 1..20. Default 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Pause before the second attempt on the same deployment; doubles, with jitter. Default 50 ms.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(50);
}
