using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Schema;

namespace RouterDaemon.Store.Context;

/// <summary>
/// Writes the demo store: six deployments, ten users, 500 requests over seven days, 300 scores, two incidents, and the scenarios
/// that the demo questions ask about. The same bytes on every run with the same SQLite library.
/// </summary>
public static class DemoSeed
{
    /// <summary>
    /// Creates or replaces the file. Throws <see cref="StoreException"/> when it holds live data, is no context store, or cannot be written.
    /// </summary>
    public static void Write(string path)
    {
        path = Path.GetFullPath(path);
        RefuseLiveData(path);
        var temporary = path + ".seed";
        Delete(temporary);
        try
        {
            using (var connection = SqliteFile.OpenWriter(temporary, Migrations.Context))
            {
                connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
                connection.Execute("PRAGMA journal_mode = DELETE");
                connection.Execute("BEGIN");
                Fill(connection);
                connection.Execute("COMMIT");
                connection.Execute("VACUUM");
            }

            Delete(path);
            File.Move(temporary, path);
        }
        catch (SqliteException e)
        {
            throw SqliteFile.Explain(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(path, $"cannot be replaced: {e.Message}", e);
        }
        finally
        {
            Delete(temporary);
        }
    }

    private static void RefuseLiveData(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length == 0)
        {
            return;
        }

        try
        {
            using var connection = SqliteFile.OpenReader(path);
            var hasMeta = connection.Scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'r_meta'") is not null;
            if (!hasMeta && connection.Scalar("SELECT 1 FROM sqlite_master WHERE type = 'table'") is not null)
            {
                throw new StoreException(path, "is a database of something else; the demo data is not written over it");
            }

            if (hasMeta && Meta.Get(connection, "store_kind") != "demo"
                && connection.Scalar("SELECT 1 FROM requests UNION ALL SELECT 1 FROM r_outcomes LIMIT 1") is not null)
            {
                throw new StoreException(path, "holds live data; write the demo data elsewhere (--into FILE, or CONTEXT_DB_PATH)");
            }
        }
        catch (SqliteException e)
        {
            throw SqliteFile.Explain(path, e);
        }
    }

    private static void Fill(SqliteConnection connection)
    {
        Meta.Set(connection, "store_kind", "demo");
        foreach (var user in DemoFleet.Users)
        {
            connection.Execute(
                "INSERT INTO users VALUES ($id, $tier, $sla, $budget)",
                ("$id", user.Id), ("$tier", user.Tier), ("$sla", user.SlaMs), ("$budget", user.BudgetUsd));
        }

        foreach (var d in DemoFleet.Deployments)
        {
            connection.Execute(
                "INSERT INTO deployments VALUES ($id, $model, $backend, $status, $p50, $p95, $errors, 300, $queue, $cost, $limit, $samples, $at)",
                ("$id", d.Id), ("$model", d.Model), ("$backend", d.Backend), ("$status", d.Status), ("$p50", d.P50Ms), ("$p95", d.P95Ms),
                ("$errors", d.ErrorRate), ("$queue", d.Queue), ("$cost", d.CostPer1k), ("$limit", d.RateLimit), ("$samples", d.Samples),
                ("$at", Rfc3339.Format(DemoFleet.Now.AddSeconds(-d.AgeSeconds))));
        }

        const string Incident = "INSERT INTO incidents VALUES ($id, 'deployment', $target, $title, $status, $started, $resolved)";
        connection.Execute(
            Incident,
            ("$id", "inc_001"), ("$target", "llama-70b/neocloud"), ("$title", "Spot instance preempted"), ("$status", "active"),
            ("$started", Rfc3339.Format(DemoFleet.ActiveStart)), ("$resolved", null));
        connection.Execute(
            Incident,
            ("$id", "inc_002"), ("$target", "gpt-4/k8s"), ("$title", "Latency spike after node pool upgrade"), ("$status", "resolved"),
            ("$started", Rfc3339.Format(DemoFleet.ResolvedStart)), ("$resolved", Rfc3339.Format(DemoFleet.ResolvedEnd)));
        foreach (var request in DemoRequests.Generate())
        {
            Insert(connection, request);
        }

        connection.Execute(
            """
            INSERT INTO r_quality_times (evaluated_at, request_id, model_id, task_type, score)
            SELECT q.evaluated_at, q.request_id, r.model_id, COALESCE(r.task_type, 'unknown'), q.score FROM quality_scores q JOIN requests r ON r.id = q.request_id
            """);
    }

    private static void Insert(SqliteConnection connection, DemoRequest request)
    {
        connection.Execute(
            """
            INSERT INTO requests VALUES ($id, $user, $deployment, $model, $backend, $task, $input, $output, $cost, $latency, $status,
                                         $version, $experiment, $reason, $at)
            """,
            ("$id", request.Id), ("$user", request.User.Id), ("$deployment", request.Deployment.Id), ("$model", request.Deployment.Model),
            ("$backend", request.Deployment.Backend), ("$task", request.TaskType), ("$input", request.InputTokens),
            ("$output", request.OutputTokens), ("$cost", request.CostUsd), ("$latency", request.LatencyMs), ("$status", request.Status),
            ("$version", request.RouterVersion), ("$experiment", request.Experiment), ("$reason", request.RoutingReason),
            ("$at", Rfc3339.Format(request.CreatedAt)));
        if (request.Score is { } score)
        {
            connection.Execute(
                "INSERT INTO quality_scores VALUES ($id, $score, $at)",
                ("$id", request.Id), ("$score", score), ("$at", Rfc3339.Format(request.EvaluatedAt)));
        }
    }

    private static void Delete(string path)
    {
        foreach (var suffix in new[] { "", "-wal", "-shm", "-journal" })
        {
            File.Delete(path + suffix);
        }
    }
}
