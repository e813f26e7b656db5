using System.Text.Json.Nodes;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>Requests and cost over time.</summary>
internal static class GetRequestVolume
{
    public static readonly ContextTool Tool = new(
        "get_request_volume",
        "Number and cost of requests by hour or day, grouped by user tier, model, backend or deployment.",
        [
            Parameters.Choice("group_by", "What to group by", ["tier", "model", "backend", "deployment"], "tier"),
            Parameters.Since("7 days ago"),
            Parameters.Until("now"),
            Parameters.Granularity("day"),
        ],
        (reader, arguments, cancellation) => reader.ReadAsync(
            (connection, now) =>
            {
                var group = arguments.Text("group_by") switch
                {
                    "tier" => VolumeGroup.Tier,
                    "model" => VolumeGroup.Model,
                    "backend" => VolumeGroup.Backend,
                    _ => VolumeGroup.Deployment,
                };
                var buckets = RequestVolume.Read(
                    connection, arguments.Time("since", now)!.Value, arguments.Time("until", now)!.Value, arguments.Text("granularity") == "day", group);
                var totals = new JsonObject();
                foreach (var of in buckets.GroupBy(b => b.Group).OrderBy(g => g.Key, StringComparer.Ordinal))
                {
                    totals[of.Key] = new JsonObject
                    {
                        ["requests"] = of.Sum(b => b.RequestCount),
                        ["cost_usd"] = Math.Round(of.Sum(b => b.TotalCostUsd), Rows.Decimals),
                    };
                }

                return new JsonObject
                {
                    ["data"] = Rows.ToArray(buckets.Select(b => new JsonObject
                    {
                        ["period"] = b.Period,
                        ["group"] = b.Group,
                        ["request_count"] = b.RequestCount,
                        ["total_cost_usd"] = b.TotalCostUsd,
                    })),
                    ["totals"] = totals,
                };
            },
            cancellation));
}
