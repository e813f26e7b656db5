using System.Text.Json.Nodes;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>Incidents that are not resolved.</summary>
internal static class GetActiveIncidents
{
    public static readonly ContextTool Tool = new(
        "get_active_incidents",
        "Active incidents on deployments, models or backends, newest first.",
        [
            Parameters.Choice("target_type", "Kind of target", ["deployment", "model", "backend"]),
            new("target_id", "string", "Id of the target such as llama-70b/neocloud"),
        ],
        (reader, arguments, cancellation) => reader.ReadAsync(
            (connection, now) =>
            {
                var filter = new Filter()
                    .And("status", "=", "active")
                    .And("target_type", "=", arguments.Text("target_type"))
                    .And("target_id", "=", arguments.Text("target_id"));
                var incidents = filter.Query(
                    connection,
                    $"SELECT id, target_type, target_id, title, started_at FROM incidents {filter.Where} ORDER BY started_at DESC, id",
                    row =>
                    {
                        var incident = Rows.ToObject(row);
                        incident["duration_minutes"] = Rfc3339.TryParse(row.GetString(4), out var started)
                            ? (long)Math.Floor((now - started).TotalMinutes) : null;
                        return incident;
                    });
                return new JsonObject { ["incidents"] = Rows.ToArray(incidents), ["count"] = incidents.Count };
            },
            cancellation));
}
