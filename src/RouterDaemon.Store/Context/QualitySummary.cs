using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context;

/// <summary>Quality by model and task, by the time of evaluation. Figures are the same whether roll-ups take part or not (see <see cref="WindowParts"/>).</summary>
public static class QualitySummary
{
    /// <summary>Groups by descending count, then model and task. Both ends of the window are inclusive.</summary>
    public static List<QualityGroup> Read(SqliteConnection connection, DateTimeOffset since, DateTimeOffset until, string? model, string? task)
    {
        var groups = new Dictionary<(string Model, string Task), (double Sum, double Min, double Max, long Count)>();
        if (!WindowParts.HasRollUps(connection))
        {
            const string Plain = "quality_scores q JOIN requests r ON r.id = q.request_id";
            var all = new TimeRange(Rfc3339.Format(since), Rfc3339.Format(until), IncludesTo: true);
            ReadRows(connection, Plain, all.On("q.evaluated_at", Matching()), groups);
        }
        else
        {
            const string Timed = "r_quality_times t JOIN quality_scores q ON q.request_id = t.request_id JOIN requests r ON r.id = t.request_id";
            var parts = WindowParts.OfScores(connection, since, until);
            if (parts.Hours is { } hours)
            {
                var rolled = new Filter().And("hour", ">=", hours.First).And("hour", "<", hours.End)
                    .And("model_id", "=", model).And("task_type", "=", task);
                rolled.Query(
                    connection,
                    $"SELECT model_id, task_type, sum(sum), min(min), max(max), sum(scores) FROM r_quality_rollups {rolled.Where} AND scores > 0 GROUP BY 1, 2",
                    row => Add(groups, row));
            }

            foreach (var range in parts.Rows)
            {
                ReadRows(connection, Timed, range.On("t.evaluated_at", Matching()), groups);
            }
        }

        var result = new List<QualityGroup>(groups.Count);
        foreach (var ((modelId, taskType), (sum, min, max, count)) in groups)
        {
            result.Add(new QualityGroup(modelId, taskType, Math.Round(sum / count, 6), min, max, count));
        }

        return result
            .OrderByDescending(g => g.SampleCount).ThenBy(g => g.ModelId, StringComparer.Ordinal).ThenBy(g => g.TaskType, StringComparer.Ordinal)
            .ToList();

        Filter Matching() => new Filter().And("r.model_id", "=", model).And("COALESCE(r.task_type, 'unknown')", "=", task);
    }

    private static void ReadRows(
        SqliteConnection connection, string source, Filter filter, Dictionary<(string, string), (double, double, double, long)> groups) =>
        filter.Query(
            connection,
            $"""
            SELECT r.model_id, COALESCE(r.task_type, 'unknown'), sum(q.score), min(q.score), max(q.score), count(*)
            FROM {source} {filter.Where} GROUP BY 1, 2
            """,
            row => Add(groups, row));

    private static bool Add(Dictionary<(string, string), (double Sum, double Min, double Max, long Count)> groups, SqliteDataReader row)
    {
        var key = (row.GetString(0), row.GetString(1));
        var before = groups.GetValueOrDefault(key, (0, double.MaxValue, double.MinValue, 0));
        groups[key] = (before.Sum + row.GetDouble(2), Math.Min(before.Min, row.GetDouble(3)), Math.Max(before.Max, row.GetDouble(4)),
            before.Count + row.GetInt64(5));
        return true;
    }
}
