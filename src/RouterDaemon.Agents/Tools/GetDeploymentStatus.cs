using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>Current state of the deployments.</summary>
internal static class GetDeploymentStatus
{
    /// <summary>A snapshot is stale when it is older than this, or rests on fewer samples than <see cref="FreshSamples"/>.</summary>
    private static readonly TimeSpan FreshAge = TimeSpan.FromSeconds(60);

    private const int FreshSamples = 10;

    public static readonly ContextTool Tool = new(
        "get_deployment_status",
        "Current health, latency, error rate, queue and price of each deployment (a model on a backend), with a staleness flag.",
        [
            Parameters.ModelId,
            Parameters.BackendId,
            Parameters.Choice("status", "Only deployments in this state", ["healthy", "degraded", "down"]),
        ],
        (reader, arguments, cancellation) => reader.ReadAsync((connection, now) => Run(connection, now, arguments), cancellation));

    private static JsonObject Run(SqliteConnection connection, DateTimeOffset now, ToolArguments arguments)
    {
        var filter = new Filter()
            .And("model_id", "=", arguments.Text("model_id"))
            .And("backend_id", "=", arguments.Text("backend_id"))
            .And("status", "=", arguments.Text("status"));
        var deployments = filter.Query(
            connection,
            $"""
            SELECT id, model_id, backend_id, status, latency_p50_ms, latency_p95_ms, error_rate, queue_depth, cost_per_1k_tokens,
                   rate_limit_remaining, sample_count, updated_at
            FROM deployments {filter.Where} ORDER BY id
            """,
            row =>
            {
                var deployment = Rows.ToObject(row);
                deployment["is_stale"] = IsStale((string?)deployment["updated_at"], (long?)deployment["sample_count"], now);
                return deployment;
            });
        long Count(string status) => deployments.Count(d => (string?)d["status"] == status);
        return new JsonObject
        {
            ["deployments"] = Rows.ToArray(deployments),
            ["summary"] = new JsonObject
            {
                ["total"] = deployments.Count,
                ["healthy"] = Count("healthy"),
                ["degraded"] = Count("degraded"),
                ["down"] = Count("down"),
            },
        };
    }

    private static bool IsStale(string? updatedAt, long? samples, DateTimeOffset now) =>
        samples is null or < FreshSamples || !Rfc3339.TryParse(updatedAt, out var updated) || WholeSeconds(now) - updated > FreshAge;

    // Rows have whole seconds; a fraction of "now" must not make exactly 60 s stale.
    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
