using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>The request log, newest first. Without <c>since</c> or <c>until</c> there is no bound on that side.</summary>
internal static class GetRecentRequests
{
    public static readonly ContextTool Tool = new(
        "get_recent_requests",
        "Recent requests with user tier, deployment, latency, cost and status, newest first; all filters combine.",
        [
            new("user_id", "string", "User id"),
            Parameters.Choice("user_tier", "Tier of the user", ["premium", "standard", "budget"]),
            Parameters.DeploymentId,
            Parameters.ModelId,
            Parameters.BackendId,
            Parameters.Choice("status", "How the request ended", ["success", "error", "timeout"]),
            Parameters.Since(null),
            Parameters.Until(null),
            new("limit", "integer", "Rows at most") { Default = "50", Minimum = 1, Maximum = 500 },
        ],
        (reader, arguments, cancellation) => reader.ReadAsync((connection, now) => Run(connection, now, arguments), cancellation));

    private static JsonObject Run(SqliteConnection connection, DateTimeOffset now, ToolArguments arguments)
    {
        var limit = arguments.Integer("limit");
        var found = RecentRequests.Find(
            connection,
            new RequestFilter
            {
                UserId = arguments.Text("user_id"),
                UserTier = arguments.Text("user_tier"),
                DeploymentId = arguments.Text("deployment_id"),
                ModelId = arguments.Text("model_id"),
                BackendId = arguments.Text("backend_id"),
                Status = arguments.Text("status"),
                Since = arguments.Time("since", now),
                Until = arguments.Time("until", now),
            },
            limit + 1);
        return new JsonObject
        {
            ["requests"] = Rows.ToArray(Read(connection, found, limit)),
            ["count"] = Math.Min(found.Count, limit),
            ["has_more"] = found.Count > limit,
        };
    }

    // The numbers come from the store itself.
    private static List<JsonObject> Read(SqliteConnection connection, List<long> rows, int limit) => new Filter().Query(
        connection,
        $"""
        SELECT r.id, r.user_id, u.tier AS user_tier, r.deployment_id, r.model_id, r.backend_id, r.task_type, r.latency_ms, r.cost_usd,
               r.status, r.created_at
        FROM requests r JOIN users u ON u.id = r.user_id WHERE r.rowid IN ({string.Join(',', rows.Take(limit))})
        ORDER BY r.created_at DESC, r.id DESC
        """,
        Rows.ToObject);
}
