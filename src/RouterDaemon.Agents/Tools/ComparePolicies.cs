using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RouterDaemon.Core.Routing;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Replay;

namespace RouterDaemon.Agents.Tools;

/// <summary>The newest sampled decisions taken again by other policies, from the inputs that were recorded with them.</summary>
internal static class ComparePolicies
{
    private const int MostDecisions = 500;

    public static readonly ContextTool Tool = new(
        "compare_policies",
        "What other routing policies would have chosen for recorded decisions: agreement with what was chosen, time to first token, cost and regret "
        + "(USD above the best choice by the estimates of that moment) of each policy, the one with the least regret first.",
        [
            new("policies", "string", "Names separated by commas, or all") { Default = "all" },
            Parameters.Since("24 hours ago"),
            Parameters.Until("now"),
            new("limit", "integer", "Newest sampled decisions to replay") { Default = "200", Minimum = 1, Maximum = MostDecisions },
        ],
        (reader, arguments, cancellation) => reader.ReadAsync((connection, now) => Run(connection, arguments, now, cancellation), cancellation));

    private static JsonObject Run(SqliteConnection connection, ToolArguments arguments, DateTimeOffset now, CancellationToken cancellation)
    {
        var names = Names(arguments.Required("policies"));
        // Stored times are whole seconds and the end is inclusive, as for every tool.
        var until = arguments.Time("until", now)!.Value.AddSeconds(1);
        var report = DecisionReplay.Run(
            connection, arguments.Time("since", now)!.Value, until, names, newestSamples: arguments.Integer("limit"), cancellation: cancellation);
        var policies = report.Policies.Skip(1).OrderBy(p => p.RegretUsdPer1k).ThenBy(p => names.IndexOf(p.Name)).Prepend(report.Policies[0]).ToList();
        var result = (JsonObject)ToJson(report with { Until = until.AddSeconds(-1), Policies = report.Samples > report.OtherFormat ? policies : [] });
        result["best"] = report.Samples > report.OtherFormat && policies.Count > 1 ? policies[1].Name : null;
        return result;
    }

    private static List<string> Names(string text)
    {
        if (text == "all")
        {
            return [.. RoutingPolicies.Table.Select(p => p.Name)];
        }

        List<string> names = [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()];
        return names.Find(n => RoutingPolicies.IndexOf(n) < 0) is { } unknown
            ? throw new ContextException(
                ContextErrorCode.InvalidParameter,
                $"Invalid policies: there is no policy {ToolArguments.Shorten(unknown)} (known: {string.Join(", ", RoutingPolicies.Table.Select(p => p.Name))})")
            : names;
    }

    private static JsonNode ToJson(ReplayReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            ReplayJson.Write(json, report);
        }

        return JsonNode.Parse(stream.ToArray())!;
    }
}
