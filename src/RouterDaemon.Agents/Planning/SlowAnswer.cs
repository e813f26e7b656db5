using System.Text;
using System.Text.Json.Nodes;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Planning;

/// <summary>Why a tier waits: where its requests went, how long they took there, and what is known of those places.</summary>
internal static class SlowAnswer
{
    public static void Write(StringBuilder text, QuestionFacts facts, IReadOnlyList<JsonObject> results)
    {
        var requests = AnswerWriter.Array(results[0], "requests").Where(r => r["latency_ms"] is not null).ToList();
        var who = facts.Tier is null ? "" : $"{facts.Tier} ";
        if (requests.Count == 0)
        {
            AnswerWriter.Line(text, $"There were no {who}requests in the last 24 hours.");
            return;
        }

        var all = Sorted(requests);
        AnswerWriter.Line(
            text, $"{requests.Count} {who}requests in the last 24 hours: p50 {Percentile.Of(all, 0.5)} ms, p95 {Percentile.Of(all, 0.95)} ms. By deployment, slowest first:");
        var status = AnswerWriter.Array(results[1], "deployments").ToDictionary(d => (string)d["id"]!);
        var groups = requests
            .GroupBy(r => (string)r["deployment_id"]!)
            .Select(g => new { Id = g.Key, Latencies = Sorted(g), Slowest = g.MaxBy(r => (long)r["latency_ms"]!)! })
            .OrderByDescending(g => Percentile.Of(g.Latencies, 0.5))
            .ToList();
        foreach (var group in groups)
        {
            var (id, latencies, slowest) = (group.Id, group.Latencies, group.Slowest);
            var health = status.TryGetValue(id, out var d) ? (string)d["status"]! : "unknown";
            AnswerWriter.Line(
                text,
                $"- {id} ({health}): {latencies.Count} requests, p50 {Percentile.Of(latencies, 0.5)} ms, p95 {Percentile.Of(latencies, 0.95)} ms, slowest {slowest["id"]} with {slowest["latency_ms"]} ms");
        }

        foreach (var group in groups)
        {
            var (id, latencies) = (group.Id, group.Latencies);
            if (status.TryGetValue(id, out var d) && (string)d["status"]! != "healthy")
            {
                AnswerWriter.Line(
                    text,
                    $"Likely cause: {id} is {d["status"]} (p95 {d["latency_p95_ms"]} ms, queue {d["queue_depth"]}) and took {100 * latencies.Count / requests.Count} % of these requests.");
            }
        }

        AnswerWriter.Incidents(text, results[2]);
    }

    private static List<long> Sorted(IEnumerable<JsonObject> requests) => [.. requests.Select(r => (long)r["latency_ms"]!).Order()];
}
