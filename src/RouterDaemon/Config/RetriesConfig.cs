namespace RouterDaemon.Config;

internal sealed record RetriesConfig
{
    /// <summary>Attempts of one request, the first included, 1 to 10. Default 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Pause before the second attempt, doubled for each further one. Default 50 ms, 0 = none.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// How long a request may wait in all for a deployment that is cooling down, retried or full; if that takes longer it is answered
    /// 503 with the time in <c>Retry-After</c> at once. Default 2 s, 0 = do not wait.
    /// </summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Go on with a stream whose upstream died after the first content, on a deployment that can continue an assistant's message.
    /// Default false: the stream ends with an <c>error</c> event.
    /// </summary>
    public bool Rescue { get; init; }
}
