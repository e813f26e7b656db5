namespace RouterDaemon.Store.Records;

/// <summary>One <c>requests</c> row as the roll-ups see it.</summary>
internal readonly record struct RollUpEntry(
    string CreatedAt, string Deployment, string Model, string Backend, string User, string Tier, string Status,
    long InputTokens, long OutputTokens, double CostUsd, double LatencyMs, double TtftMs, double ItlMs);
