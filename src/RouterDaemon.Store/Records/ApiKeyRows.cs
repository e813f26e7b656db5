using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Records;

/// <summary>Reads and writes <c>api_keys</c>.</summary>
internal static class ApiKeyRows
{
    public static List<ApiKeyRow> All(SqliteConnection connection) => connection.Query(
        "SELECT id, hash, user_id, name, prefix, limits, created_at, expires_at, revoked_at, last_used_at FROM api_keys ORDER BY created_at, id",
        row => new ApiKeyRow(
            row.GetString(0), row.GetFieldValue<byte[]>(1), row.GetString(2), row.GetString(3), row.GetString(4), row.TextOrNull(5),
            Rfc3339.Parse(row.GetString(6)), TimeOrNull(row, 7), TimeOrNull(row, 8), TimeOrNull(row, 9)));

    public static int Add(SqliteConnection connection, ApiKeyRow key) => connection.Execute(
        """
        INSERT INTO api_keys (id, hash, user_id, name, prefix, limits, created_at, expires_at)
        VALUES ($id, $hash, $user, $name, $prefix, $limits, $created, $expires)
        """,
        ("$id", key.Id), ("$hash", key.Hash), ("$user", key.UserId), ("$name", key.Name), ("$prefix", key.Prefix), ("$limits", key.Limits),
        ("$created", Rfc3339.Format(key.CreatedAt)), ("$expires", key.ExpiresAt is { } end ? Rfc3339.Format(end) : null));

    public static int Revoke(SqliteConnection connection, string id, DateTimeOffset now) => connection.Execute(
        "UPDATE api_keys SET revoked_at = $now WHERE id = $id AND revoked_at IS NULL", ("$id", id), ("$now", Rfc3339.Format(now)));

    public static int Used(SqliteConnection connection, string id, DateTimeOffset at) => connection.Execute(
        "UPDATE api_keys SET last_used_at = $at WHERE id = $id", ("$id", id), ("$at", Rfc3339.Format(at)));

    private static DateTimeOffset? TimeOrNull(SqliteDataReader row, int column) => row.TextOrNull(column) is { } text ? Rfc3339.Parse(text) : null;
}
