namespace RouterDaemon.Store.Records;

/// <summary>A row of <c>api_keys</c>.</summary>
/// <param name="Id">Name of the key in records and lists: <c>key_...</c>.</param>
/// <param name="Hash">SHA-256 of the key; the key itself is nowhere.</param>
/// <param name="UserId">The user of the context store whom it stands for.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Prefix">First characters of the key, to recognise it by.</param>
/// <param name="Limits">JSON; null = none.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends; null = never.</param>
/// <param name="RevokedAt">When it was revoked; null = it was not.</param>
/// <param name="LastUsedAt">Last request, to a minute or so; null = none yet.</param>
public sealed record ApiKeyRow(
    string Id, byte[] Hash, string UserId, string Name, string Prefix, string? Limits, DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt = null, DateTimeOffset? RevokedAt = null, DateTimeOffset? LastUsedAt = null);
