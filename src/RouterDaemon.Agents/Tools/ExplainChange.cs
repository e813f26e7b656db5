using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>
/// Compares the window from <c>since</c> to now with the window of the same length before it, for each deployment, model, tier and
/// router version, and lists what moved most.
/// </summary>
internal static class ExplainChange
{
    // Fewer requests than this on a side say nothing about a median.
    private const int LeastRequests = 3;
    private const int MostChanges = 20;

    public static readonly ContextTool Tool = new(
        "explain_change",
        "What changed since a time, against the equally long window before: which deployments, models, tiers or router versions moved in "
        + "latency, errors, volume and cost, and by how much; with the incidents that began meanwhile.",
        [Parameters.Since("24 hours ago")],
        (reader, arguments, cancellation) => reader.ReadAsync((connection, now) => Run(connection, arguments.Time("since", now)!.Value, now), cancellation));

    private static JsonObject Run(SqliteConnection connection, DateTimeOffset since, DateTimeOffset now)
    {
        if (since >= now)
        {
            throw new ContextException(ContextErrorCode.InvalidParameter, $"Invalid since: {Rfc3339.Format(since)} is not in the past");
        }

        var before = since - (now - since);
        var changes = new List<(double Score, JsonObject Row)>();
        foreach (var (kind, column) in new[]
                 {
                     ("deployment", "r.deployment_id"), ("model", "r.model_id"), ("tier", "u.tier"), ("router_version", "COALESCE(r.router_version, 'unknown')"),
                 })
        {
            var old = Read(connection, column, before, since, inclusive: false);
            var recent = Read(connection, column, since, now, inclusive: true);
            foreach (var id in old.Keys.Union(recent.Keys).Order(StringComparer.Ordinal))
            {
                Compare(kind, id, old.GetValueOrDefault(id), recent.GetValueOrDefault(id), changes);
            }
        }

        var incidents = new Filter().And("started_at", ">=", Rfc3339.Format(since));
        return new JsonObject
        {
            ["since"] = Rfc3339.Format(since),
            ["until"] = Rfc3339.Format(now),
            ["compared_with"] = new JsonObject { ["since"] = Rfc3339.Format(before), ["until"] = Rfc3339.Format(since) },
            ["changes"] = Rows.ToArray(changes.OrderByDescending(c => c.Score).Take(MostChanges).Select(c => c.Row)),
            ["incidents_started"] = Rows.ToArray(incidents.Query(
                connection,
                $"SELECT id, target_type, target_id, title, status, started_at FROM incidents {incidents.Where} ORDER BY started_at DESC, id",
                Rows.ToObject)),
        };
    }

    private static Dictionary<string, Side> Read(SqliteConnection connection, string column, DateTimeOffset since, DateTimeOffset until, bool inclusive)
    {
        var filter = new Filter().And("r.created_at", ">=", Rfc3339.Format(since)).And("r.created_at", inclusive ? "<=" : "<", Rfc3339.Format(until));
        var sides = new Dictionary<string, Side>(StringComparer.Ordinal);
        filter.Query(
            connection,
            $"""
            WITH ranked AS (
                SELECT {column} AS id, r.latency_ms AS latency, r.status AS status, r.cost_usd AS cost,
                       row_number() OVER (PARTITION BY {column} ORDER BY r.latency_ms) AS rank,
                       count(*) OVER (PARTITION BY {column}) AS n
                FROM requests r JOIN users u ON u.id = r.user_id {filter.Where})
            SELECT id, n, max(CASE WHEN rank = 1 + CAST((n - 1) * 0.5 AS INTEGER) THEN latency END),
                   avg(CASE WHEN status = 'success' THEN 0.0 ELSE 1.0 END), total(cost)
            FROM ranked GROUP BY id
            """,
            row => sides[row.GetString(0)] = new Side(row.GetInt64(1), row.IsDBNull(2) ? null : row.GetDouble(2), row.GetDouble(3), row.GetDouble(4)));
        return sides;
    }

    private static void Compare(string kind, string id, Side? old, Side? recent, List<(double Score, JsonObject Row)> changes)
    {
        void Add(string metric, double? before, double? after, double score) => changes.Add((score, new JsonObject
        {
            ["kind"] = kind,
            ["id"] = id,
            ["metric"] = metric,
            ["before"] = Round(before),
            ["after"] = Round(after),
            ["change_percent"] = before is > 0 && after is not null ? Math.Round((after.Value - before.Value) / before.Value * 100, 1) : null,
        }));

        var (requestsBefore, requestsAfter) = (old?.Requests ?? 0, recent?.Requests ?? 0);
        if (Math.Abs(requestsAfter - requestsBefore) >= Math.Max(LeastRequests, 0.2 * requestsBefore))
        {
            Add("requests", requestsBefore, requestsAfter, Math.Abs(Ratio(requestsBefore, requestsAfter)));
        }

        if (old is null || recent is null || requestsBefore < LeastRequests || requestsAfter < LeastRequests)
        {
            return;
        }

        if (old.MedianMs is { } beforeMs && recent.MedianMs is { } afterMs && Math.Abs(afterMs - beforeMs) >= 0.1 * beforeMs)
        {
            Add("latency_p50_ms", beforeMs, afterMs, 2 * Math.Abs(Ratio(beforeMs, afterMs)));
        }

        if (Math.Abs(recent.ErrorRate - old.ErrorRate) >= 0.02)
        {
            Add("error_rate", old.ErrorRate, recent.ErrorRate, 5 * Math.Abs(recent.ErrorRate - old.ErrorRate));
        }

        if (Math.Abs(recent.CostUsd - old.CostUsd) >= Math.Max(0.01, 0.2 * old.CostUsd))
        {
            Add("cost_usd", old.CostUsd, recent.CostUsd, 0.5 * Math.Abs(Ratio(old.CostUsd, recent.CostUsd)));
        }
    }

    // The logarithm makes a doubling and a halving equally large.
    private static double Ratio(double before, double after) => Math.Log((after + 1) / (before + 1));

    private static double? Round(double? value) => value is { } number ? Math.Round(number, Rows.Decimals) : null;

    private sealed record Side(long Requests, double? MedianMs, double ErrorRate, double CostUsd);
}
