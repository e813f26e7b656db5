using Microsoft.Data.Sqlite;
using RouterDaemon.Core.Simulation;

namespace RouterDaemon.Store.Replay;

/// <summary>Reads recorded requests out of <c>r_outcomes</c>.</summary>
public static class RecordedRequests
{
    /// <summary>Most requests that one replay reads: the newest ones of a longer time.</summary>
    public const int MaxRequests = 200_000;

    private const string Columns =
        """
        SELECT id, started_us, deployment_id, outcome, attempts, latency_ms, ttft_ms, itl_ms, prompt_tokens, completion_tokens, cost_usd,
               predicted_ttft_ms, predicted_itl_ms, decision_kind
        FROM r_outcomes

        """;

    /// <summary>Routed requests that arrived from <paramref name="since"/> to before <paramref name="until"/>, in order of arrival.</summary>
    public static List<RecordedRequest> Read(SqliteConnection connection, DateTimeOffset since, DateTimeOffset until)
    {
        var rows = connection.Query(
            Columns + "WHERE created_at >= $since AND created_at < $until AND deployment_id IS NOT NULL ORDER BY created_at DESC, seq DESC LIMIT $limit",
            ToRequest, ("$since", Rfc3339.Format(since)), ("$until", Rfc3339.Format(until)), ("$limit", MaxRequests));
        rows.Sort(static (a, b) => a.StartedUnixMicros.CompareTo(b.StartedUnixMicros));
        return rows;
    }

    /// <summary>The routed requests with these ids, in order of arrival; an id without a row is left out.</summary>
    public static List<RecordedRequest> Read(SqliteConnection connection, IReadOnlyList<string> ids)
    {
        var rows = new List<RecordedRequest>(ids.Count);
        foreach (var id in ids)
        {
            rows.AddRange(connection.Query(Columns + "WHERE id = $id AND deployment_id IS NOT NULL", ToRequest, ("$id", id)));
        }

        rows.Sort(static (a, b) => a.StartedUnixMicros.CompareTo(b.StartedUnixMicros));
        return rows;
    }

    /// <summary>
    /// The recorded traffic as a trace for the simulator: arrivals, prompt and answer lengths of answered requests. Prompts are not recorded, so the
    /// trace has no prefix hashes: the simulated engines find nothing cached.
    /// </summary>
    public static SimTrace ToTrace(IReadOnlyList<RecordedRequest> requests)
    {
        var rows = new TraceRows();
        long start = 0;
        foreach (var request in requests)
        {
            if (!request.Succeeded || request.PromptTokens <= 0 || request.CompletionTokens <= 0)
            {
                continue;
            }

            start = start == 0 ? request.StartedUnixMicros : start;
            rows.Add((request.StartedUnixMicros - start) * 1e-6, request.PromptTokens, request.CompletionTokens);
        }

        return rows.Build("recorded", 0, 0);
    }

    private static RecordedRequest ToRequest(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        StartedUnixMicros = row.GetInt64(1),
        DeploymentId = row.GetString(2),
        Succeeded = row.GetString(3) == "success",
        Attempts = (int)(row.LongOrNull(4) ?? 0),
        LatencyMs = row.DoubleOrNull(5) ?? double.NaN,
        TtftMs = row.DoubleOrNull(6) ?? double.NaN,
        ItlMs = row.DoubleOrNull(7) ?? double.NaN,
        PromptTokens = (int)(row.LongOrNull(8) ?? 0),
        CompletionTokens = (int)(row.LongOrNull(9) ?? 0),
        CostUsd = row.DoubleOrNull(10) ?? 0,
        PredictedTtftMs = row.DoubleOrNull(11) ?? double.NaN,
        PredictedItlMs = row.DoubleOrNull(12) ?? double.NaN,
        IsComparable = row.GetString(3) == "success" && row.LongOrNull(4) == 1 && row.TextOrNull(13) == "chosen",
    };
}
