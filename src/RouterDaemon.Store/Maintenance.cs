using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store;

/// <summary>Backup and retention.</summary>
internal static class Maintenance
{
    public static void Backup(string source, string file)
    {
        if (File.Exists(file))
        {
            throw new StoreException(file, "exists already; a backup never overwrites");
        }

        try
        {
            using var connection = SqliteFile.OpenReader(source);
            connection.Execute("PRAGMA query_only = OFF");
            connection.Execute("VACUUM INTO $file", ("$file", file));
        }
        catch (SqliteException e)
        {
            throw SqliteFile.Explain(file, e);
        }
    }

    public static int Purge(SqliteConnection connection, string before, int limit)
    {
        const string Old = "SELECT id FROM requests WHERE created_at < $before ORDER BY created_at LIMIT $limit";
        (string, object?) beforeParameter = ("$before", before), limitParameter = ("$limit", limit);
        connection.Execute(
            $"""
            DELETE FROM r_quality_times WHERE (evaluated_at, request_id) IN
                (SELECT evaluated_at, request_id FROM quality_scores WHERE request_id IN ({Old}))
            """,
            beforeParameter, limitParameter);
        connection.Execute($"DELETE FROM quality_scores WHERE request_id IN ({Old})", beforeParameter, limitParameter);
        var deleted = connection.Execute($"DELETE FROM requests WHERE id IN ({Old})", beforeParameter, limitParameter);
        deleted += connection.Execute(
            "DELETE FROM r_outcomes WHERE seq IN (SELECT seq FROM r_outcomes WHERE created_at < $before ORDER BY created_at LIMIT $limit)",
            beforeParameter, limitParameter);
        return deleted + connection.Execute(
            "DELETE FROM r_decisions WHERE seq IN (SELECT seq FROM r_decisions WHERE created_at < $before ORDER BY seq LIMIT $limit)",
            beforeParameter, limitParameter);
    }
}
