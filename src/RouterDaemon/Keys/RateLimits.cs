namespace RouterDaemon.Keys;

/// <summary>What may be asked in any 60 seconds, and at once. 0 = no limit.</summary>
internal sealed record RateLimits
{
    /// <summary>Requests in any 60 s.</summary>
    public int RequestsPerMinute { get; init; }

    /// <summary>Prompt and answer tokens in any 60 s. A request holds its upper bound until it ends.</summary>
    public int TokensPerMinute { get; init; }

    /// <summary>Requests under way at once.</summary>
    public int MaxParallel { get; init; }

    /// <summary>True when there is no limit at all.</summary>
    public bool IsEmpty => RequestsPerMinute == 0 && TokensPerMinute == 0 && MaxParallel == 0;
}
