using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Records;

/// <summary>Writes <c>incidents</c>.</summary>
internal static class IncidentRows
{
    public static string Open(SqliteConnection connection, IncidentTarget type, string targetId, string title, DateTimeOffset now)
    {
        var active = connection.Scalar(
            "SELECT id FROM incidents WHERE status = 'active' AND target_type = $type AND target_id = $target AND title = $title",
            ("$type", TypeText(type)), ("$target", targetId), ("$title", title));
        if (active is string existing)
        {
            return existing;
        }

        var id = $"inc_{Guid.CreateVersion7(now):n}";
        connection.Execute(
            "INSERT INTO incidents (id, target_type, target_id, title, status, started_at) VALUES ($id, $type, $target, $title, 'active', $now)",
            ("$id", id), ("$type", TypeText(type)), ("$target", targetId), ("$title", title), ("$now", Rfc3339.Format(now)));
        return id;
    }

    public static int Resolve(SqliteConnection connection, IncidentTarget type, string targetId, string? title, DateTimeOffset now) =>
        connection.Execute(
            """
            UPDATE incidents SET status = 'resolved', resolved_at = $now
            WHERE status = 'active' AND target_type = $type AND target_id = $target AND ($title IS NULL OR title = $title)
            """,
            ("$now", Rfc3339.Format(now)), ("$type", TypeText(type)), ("$target", targetId), ("$title", title));

    public static List<(string Target, string Title)> Active(SqliteConnection connection, IncidentTarget type) => connection.Query(
        "SELECT target_id, title FROM incidents WHERE status = 'active' AND target_type = $type",
        row => (row.GetString(0), row.GetString(1)),
        ("$type", TypeText(type)));

    public static string TypeText(IncidentTarget type) => type switch
    {
        IncidentTarget.Deployment => "deployment",
        IncidentTarget.Model => "model",
        _ => "backend",
    };
}
