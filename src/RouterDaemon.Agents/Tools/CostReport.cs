using System.Text.Json.Nodes;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>Money by day and group, with its share and its price for a request.</summary>
internal static class CostReport
{
    public static readonly ContextTool Tool = new(
        "cost_report",
        "What was spent: total, by day and by group (tier, model, backend or deployment) with shares and USD for each request.",
        [
            Parameters.Choice("group_by", "What to group by", ["tier", "model", "backend", "deployment"], "deployment"),
            Parameters.Since("7 days ago"),
            Parameters.Until("now"),
        ],
        (reader, arguments, cancellation) => reader.ReadAsync(
            (connection, now) =>
            {
                var group = Enum.Parse<VolumeGroup>(arguments.Required("group_by"), ignoreCase: true);
                var buckets = RequestVolume.Read(
                    connection, arguments.Time("since", now)!.Value, arguments.Time("until", now)!.Value, byDay: true, group);
                var total = buckets.Sum(b => b.TotalCostUsd);
                return new JsonObject
                {
                    ["total_cost_usd"] = Math.Round(total, Rows.Decimals),
                    ["total_requests"] = buckets.Sum(b => b.RequestCount),
                    ["groups"] = Rows.ToArray(buckets
                        .GroupBy(b => b.Group)
                        .Select(g => new { Group = g.Key, Cost = g.Sum(b => b.TotalCostUsd), Requests = g.Sum(b => b.RequestCount) })
                        .OrderByDescending(g => g.Cost).ThenBy(g => g.Group, StringComparer.Ordinal)
                        .Select(g => new JsonObject
                        {
                            ["group"] = g.Group,
                            ["cost_usd"] = Math.Round(g.Cost, Rows.Decimals),
                            ["share"] = total > 0 ? Math.Round(g.Cost / total, 4) : 0,
                            ["requests"] = g.Requests,
                            ["usd_per_request"] = Math.Round(g.Cost / g.Requests, Rows.Decimals),
                        })),
                    ["days"] = Rows.ToArray(buckets
                        .GroupBy(b => b.Period)
                        .Select(d => new JsonObject
                        {
                            ["day"] = d.Key,
                            ["cost_usd"] = Math.Round(d.Sum(b => b.TotalCostUsd), Rows.Decimals),
                            ["requests"] = d.Sum(b => b.RequestCount),
                        })),
                };
            },
            cancellation));
}
