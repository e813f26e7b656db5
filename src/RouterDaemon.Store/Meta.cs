using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store;

/// <summary><c>r_meta</c>.</summary>
internal static class Meta
{
    public static string? Get(SqliteConnection connection, string key) =>
        (string?)connection.Scalar("SELECT value FROM r_meta WHERE key = $key", ("$key", key));

    public static void Set(SqliteConnection connection, string key, string value) =>
        connection.Execute("INSERT OR REPLACE INTO r_meta (key, value) VALUES ($key, $value)", ("$key", key), ("$value", value));
}
