using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Records;

/// <summary>Writes <c>quality_scores</c> with their time index and roll-up.</summary>
internal static class QualityRows
{
    public static QualityScoreResult Add(SqliteConnection connection, string requestId, double score, DateTimeOffset at)
    {
        var request = connection.Query(
            "SELECT model_id, COALESCE(task_type, 'unknown') FROM requests WHERE id = $id",
            row => (Model: row.GetString(0), Task: row.GetString(1)),
            ("$id", requestId));
        if (request.Count == 0)
        {
            return QualityScoreResult.UnknownRequest;
        }

        var earlier = connection.Query(
            "SELECT evaluated_at FROM quality_scores WHERE request_id = $id", row => row.GetString(0), ("$id", requestId));
        var evaluated = Rfc3339.Format(at);
        if (earlier.Count > 0)
        {
            connection.Execute("DELETE FROM quality_scores WHERE request_id = $id", ("$id", requestId));
            connection.Execute(
                "DELETE FROM r_quality_times WHERE evaluated_at = $at AND request_id = $id", ("$at", earlier[0]), ("$id", requestId));
        }

        connection.Execute(
            "INSERT INTO quality_scores (request_id, score, evaluated_at) VALUES ($id, $score, $at)",
            ("$id", requestId), ("$score", score), ("$at", evaluated));
        connection.Execute("INSERT INTO r_quality_times (evaluated_at, request_id) VALUES ($at, $id)", ("$at", evaluated), ("$id", requestId));
        var hour = Rfc3339.FormatHour(at);
        if (earlier.Count == 0)
        {
            AddToRollUp(connection, hour, request[0].Model, request[0].Task, score);
            return QualityScoreResult.Added;
        }

        Recompute(connection, hour, request[0].Model, request[0].Task);
        if (Rfc3339.TryParse(earlier[0], out var before))
        {
            Recompute(connection, Rfc3339.FormatHour(before), request[0].Model, request[0].Task);
        }

        return QualityScoreResult.Replaced;
    }

    public static List<ScoredAnswer> Recent(SqliteConnection connection, int limit)
    {
        var newestFirst = connection.Query(
            """
            SELECT r.deployment_id, COALESCE(r.task_type, ''), q.score
            FROM r_quality_times t
            JOIN quality_scores q ON q.request_id = t.request_id
            JOIN requests r ON r.id = t.request_id
            ORDER BY t.evaluated_at DESC, t.request_id DESC LIMIT $limit
            """,
            ReadScore, ("$limit", limit));
        newestFirst.Reverse();
        return newestFirst;
    }

    public static ScoredAnswer? Of(SqliteConnection connection, string requestId)
    {
        var found = connection.Query(
            "SELECT r.deployment_id, COALESCE(r.task_type, ''), q.score FROM quality_scores q JOIN requests r ON r.id = q.request_id WHERE q.request_id = $id",
            ReadScore, ("$id", requestId));
        return found.Count > 0 ? found[0] : null;
    }

    private static ScoredAnswer ReadScore(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetDouble(2));

    private static void AddToRollUp(SqliteConnection connection, string hour, string model, string task, double score) =>
        connection.Execute(
            """
            INSERT INTO r_quality_rollups (hour, model_id, task_type, scores, sum, min, max) VALUES ($hour, $model, $task, 1, $score, $score, $score)
            ON CONFLICT (hour, model_id, task_type) DO UPDATE SET
                scores = scores + 1, sum = sum + excluded.sum, min = min(min, excluded.min), max = max(max, excluded.max)
            """,
            ("$hour", hour), ("$model", model), ("$task", task), ("$score", score));

    // Recomputed from the rows of its hour, so that a replaced score leaves no trace in min and max.
    private static void Recompute(SqliteConnection connection, string hour, string model, string task) =>
        connection.Execute(
            """
            INSERT OR REPLACE INTO r_quality_rollups (hour, model_id, task_type, scores, sum, min, max)
            SELECT $hour, $model, $task, count(*), total(q.score), COALESCE(min(q.score), 0), COALESCE(max(q.score), 0)
            FROM r_quality_times t
            JOIN quality_scores q ON q.request_id = t.request_id
            JOIN requests r ON r.id = t.request_id
            WHERE t.evaluated_at >= $hour AND t.evaluated_at < $next AND r.model_id = $model AND COALESCE(r.task_type, 'unknown') = $task
            """,
            ("$hour", hour), ("$next", hour[..13] + ":60"), ("$model", model), ("$task", task));
}
