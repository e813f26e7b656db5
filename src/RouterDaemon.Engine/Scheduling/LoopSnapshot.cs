namespace RouterDaemon.Engine.Scheduling;

/// <summary>What the inference thread tells the world.</summary>
internal readonly record struct LoopSnapshot(int Active, int Queued, int Threads, string? LastError);
