using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>
/// Compares the window from <c>since</c> to now with the window of the same length before it, for each deployment, model, tier and
/// router version, and lists what moved most. Windows of very many requests are compared by whole hours from the roll-ups,
/// without router versions.
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

    private sealed record Change(double Score, JsonObject Row);

    private static JsonObject Run(SqliteConnection connection, DateTimeOffset since, DateTimeOffset now)
    {
        if (since >= now)
        {
            throw new ContextException(ContextErrorCode.InvalidParameter, $"Invalid since: {Rfc3339.Format(since)} is not in the past");
        }

        var read = ChangeSides.For(connection, ref since, ref now);
        var before = since - (now - since);
        var changes = new List<Change>();
        foreach (var kind in read.Kinds)
        {
            var old = read.Read(kind, before, since, false);
            var recent = read.Read(kind, since, now, true);
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

    private static void Compare(string kind, string id, ChangeSide? old, ChangeSide? recent, List<Change> changes)
    {
        void Add(string metric, double? before, double? after, double score) => changes.Add(new Change(score, new JsonObject
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
}
