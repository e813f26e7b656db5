using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Records;

/// <summary>Writes <c>deployments</c>.</summary>
internal static class DeploymentRows
{
    public static void Upsert(SqliteConnection connection, IReadOnlyList<DeploymentStatus> deployments, string updatedAt)
    {
        using var command = connection.Command("""
            INSERT INTO deployments (id, model_id, backend_id, status, latency_p50_ms, latency_p95_ms, error_rate, error_rate_window_sec,
                                     queue_depth, cost_per_1k_tokens, rate_limit_remaining, sample_count, updated_at)
            VALUES ($id, $model, $backend, $status, $p50, $p95, $errors, $window, $queue, $cost, $limit, $samples, $updated)
            ON CONFLICT (id) DO UPDATE SET
                status = excluded.status, latency_p50_ms = excluded.latency_p50_ms, latency_p95_ms = excluded.latency_p95_ms,
                error_rate = excluded.error_rate, error_rate_window_sec = excluded.error_rate_window_sec,
                queue_depth = excluded.queue_depth, cost_per_1k_tokens = excluded.cost_per_1k_tokens,
                rate_limit_remaining = excluded.rate_limit_remaining, sample_count = excluded.sample_count,
                updated_at = excluded.updated_at
            """);
        foreach (var deployment in deployments)
        {
            command.Parameters.Clear();
            command.Parameters.AddWithValue("$id", deployment.Id);
            command.Parameters.AddWithValue("$model", deployment.ModelId);
            command.Parameters.AddWithValue("$backend", deployment.BackendId);
            command.Parameters.AddWithValue("$status", StatusText(deployment.Status));
            command.Parameters.AddWithValue("$p50", OrNull(deployment.LatencyP50Ms));
            command.Parameters.AddWithValue("$p95", OrNull(deployment.LatencyP95Ms));
            command.Parameters.AddWithValue("$errors", deployment.ErrorRate is { } rate ? Math.Clamp(rate, 0, 1) : DBNull.Value);
            command.Parameters.AddWithValue("$window", OrNull(deployment.ErrorRateWindowSec));
            command.Parameters.AddWithValue("$queue", OrNull(deployment.QueueDepth));
            command.Parameters.AddWithValue("$cost", deployment.CostPer1kTokens is { } cost ? cost : DBNull.Value);
            command.Parameters.AddWithValue("$limit", OrNull(deployment.RateLimitRemaining));
            command.Parameters.AddWithValue("$samples", OrNull(deployment.SampleCount));
            command.Parameters.AddWithValue("$updated", updatedAt);
            command.ExecuteNonQuery();
        }
    }

    public static string StatusText(DeploymentHealth status) => status switch
    {
        DeploymentHealth.Healthy => "healthy",
        DeploymentHealth.Degraded => "degraded",
        _ => "down",
    };

    private static object OrNull(int? value) => value is { } number ? number : DBNull.Value;
}
