using System.Text.Json.Nodes;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>Latency percentiles and errors over time.</summary>
internal static class GetLatencyTrends
{
    public static readonly ContextTool Tool = new(
        "get_latency_trends",
        "Latency p50 and p95, request count and error rate by hour or day for each deployment.",
        [
            Parameters.DeploymentId, Parameters.ModelId, Parameters.BackendId,
            Parameters.Since("24 hours ago"), Parameters.Until("now"), Parameters.Granularity("hour"),
        ],
        (reader, arguments, cancellation) => reader.ReadAsync(
            (connection, now) =>
            {
                var buckets = LatencyTrend.Read(
                    connection, arguments.Time("since", now)!.Value, arguments.Time("until", now)!.Value, arguments.Text("granularity") == "day",
                    arguments.Text("deployment_id"), arguments.Text("model_id"), arguments.Text("backend_id"));
                return new JsonObject
                {
                    ["data"] = Rows.ToArray(buckets.Select(b => new JsonObject
                    {
                        ["period"] = b.Period,
                        ["deployment_id"] = b.DeploymentId,
                        ["request_count"] = b.RequestCount,
                        ["latency_p50_ms"] = b.LatencyP50Ms,
                        ["latency_p95_ms"] = b.LatencyP95Ms,
                        ["error_rate"] = b.ErrorRate,
                    })),
                    ["summary"] = new JsonObject
                    {
                        ["total_requests"] = buckets.Sum(b => b.RequestCount),
                        ["avg_latency_p50_ms"] = Weighted(buckets, b => b.LatencyP50Ms),
                        ["avg_latency_p95_ms"] = Weighted(buckets, b => b.LatencyP95Ms),
                    },
                };
            },
            cancellation));

    /// <summary>Mean weighted by requests; null when nothing has a latency.</summary>
    private static double? Weighted(List<LatencyBucket> buckets, Func<LatencyBucket, long?> value)
    {
        var known = buckets.Where(b => value(b) is not null).ToList();
        return known.Count == 0
            ? null : Math.Round(known.Sum(b => (double)value(b)!.Value * b.RequestCount) / known.Sum(b => b.RequestCount), 2);
    }
}
