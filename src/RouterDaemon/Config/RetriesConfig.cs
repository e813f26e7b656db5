namespace RouterDaemon.Config;

internal sealed record RetriesConfig
{
    /// <summary>Attempts of one request, the first included, 1 to 10. Default 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Pause before the second attempt, doubled for each further one. Default 50 ms, 0 = none.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(50);
}
