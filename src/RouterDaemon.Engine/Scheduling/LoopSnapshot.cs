namespace RouterDaemon.Engine.Scheduling;

/// <summary>What the inference thread tells the world.</summary>
internal readonly record struct LoopSnapshot(
    int Active, int Queued, int Threads, string? LastError, long DraftTokens = 0, long AcceptedDraftTokens = 0, long PrefixCacheBytes = 0);
