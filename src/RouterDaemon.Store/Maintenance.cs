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
        // In the transaction of the first deletions: from here on the tools read those hours from the roll-ups.
        Raise(connection, Context.WindowParts.RequestsFromKey, before);
        const string Old = "SELECT id FROM requests WHERE created_at < $before ORDER BY created_at LIMIT $limit";
        (string, object?) beforeParameter = ("$before", before), limitParameter = ("$limit", limit);
        if (connection.Scalar($"SELECT max(evaluated_at) FROM quality_scores WHERE request_id IN ({Old})", beforeParameter, limitParameter) is string last)
        {
            // The hour behind the last score that goes.
            Raise(connection, Context.WindowParts.ScoresFromKey, Rfc3339.FormatHour(Parse(last).AddHours(1)));
        }

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

    public static int PurgeRollUps(SqliteConnection connection, string before, int limit)
    {
        var deleted = 0;
        foreach (var (table, key, column, bound) in new[]
                 {
                     ("r_rollups", "(hour, deployment_id, user_tier)", "hour", before),
                     ("r_quality_rollups", "(hour, model_id, task_type)", "hour", before),
                     ("r_user_days", "(day, user_id)", "day", before[..10]),
                 })
        {
            deleted += connection.Execute(
                $"DELETE FROM {table} WHERE {key} IN (SELECT {key[1..^1]} FROM {table} WHERE {column} < $before ORDER BY {column} LIMIT $limit)",
                ("$before", bound), ("$limit", limit));
        }

        return deleted + connection.Execute(
            "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents WHERE status = 'resolved' AND resolved_at < $before LIMIT $limit)",
            ("$before", before), ("$limit", limit));
    }

    private static void Raise(SqliteConnection connection, string key, string time)
    {
        if (string.CompareOrdinal(Meta.Get(connection, key), time) < 0)
        {
            Meta.Set(connection, key, time);
        }
    }

    private static DateTimeOffset Parse(string timestamp) => Rfc3339.TryParse(timestamp, out var time) ? time : DateTimeOffset.MinValue;
}
