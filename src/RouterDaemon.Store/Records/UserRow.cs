using RouterDaemon.Store.Journal;

namespace RouterDaemon.Store.Records;

/// <summary>A row of <c>users</c>. Null = not set.</summary>
public sealed record UserRow(string Id, UserTier Tier, int? LatencySlaMs, double? DailyBudgetUsd);
