using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>The request log, newest first. Without <c>since</c> or <c>until</c> there is no bound on that side.</summary>
internal static class GetRecentRequests
{
    // Up to here the rows of one user, deployment or model are sorted; beyond, the log is walked backwards in time: an id that
    // common is soon met. Slow remains only a common id together with another filter that almost nothing matches.
    private const int SortLimit = 200_000;

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
        var filter = new Filter()
            .And("r.created_at", ">=", FormatOrNull(arguments.Time("since", now)))
            .And("r.created_at", "<=", FormatOrNull(arguments.Time("until", now)))
            .And("r.user_id", "=", arguments.Text("user_id"))
            .And("u.tier", "=", arguments.Text("user_tier"))
            .And("r.deployment_id", "=", arguments.Text("deployment_id"))
            .And("r.model_id", "=", arguments.Text("model_id"))
            .And("r.backend_id", "=", arguments.Text("backend_id"))
            .And("r.status", "=", arguments.Text("status"));
        var rows = filter.Query(
            connection,
            $"""
            SELECT r.id, r.user_id, u.tier AS user_tier, r.deployment_id, r.model_id, r.backend_id, r.task_type, r.latency_ms, r.cost_usd,
                   r.status, r.created_at
            FROM requests r {BestIndex(connection, arguments)} JOIN users u ON u.id = r.user_id {filter.Where}
            ORDER BY r.created_at DESC, r.id DESC LIMIT {limit + 1}
            """,
            Rows.ToObject);
        var more = rows.Count > limit;
        return new JsonObject
        {
            ["requests"] = Rows.ToArray(rows.Take(limit)),
            ["count"] = Math.Min(rows.Count, limit),
            ["has_more"] = more,
        };
    }

    // SQLite has no statistics of a log that grows all day: a short count says whether an id is rare or common.
    private static string BestIndex(SqliteConnection connection, ToolArguments arguments)
    {
        var best = (Rows: (long)SortLimit + 1, Index: "idx_requests_created");
        foreach (var (parameter, index) in new[]
                 {
                     ("user_id", "idx_requests_user"), ("deployment_id", "idx_requests_deployment"), ("model_id", "idx_requests_model"),
                 })
        {
            if (arguments.Text(parameter) is { } value
                && new Filter().And(parameter, "=", value).CountUpTo(connection, "requests", best.Rows) is var rows
                && rows < best.Rows)
            {
                best = (rows, index);
            }
        }

        // Every request has its deployment's row: a backend without one has no requests, and the log need not be walked.
        if (arguments.Text("backend_id") is { } backend && !new Filter().And("backend_id", "=", backend).MatchesMoreThan(connection, "deployments", 0))
        {
            return "INDEXED BY idx_requests_created JOIN (SELECT 1 WHERE 0)";
        }

        return $"INDEXED BY {best.Index}";
    }

    private static string? FormatOrNull(DateTimeOffset? time) => time is { } value ? Rfc3339.Format(value) : null;
}
