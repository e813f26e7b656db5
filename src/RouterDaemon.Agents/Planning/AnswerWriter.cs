using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Tools;

namespace RouterDaemon.Agents.Planning;

/// <summary>Writes the planner's answer from the tools' rows; every figure in it stands in a row.</summary>
internal static class AnswerWriter
{
    private const int MostLines = 12;

    public static string Write(Plan plan, IReadOnlyList<JsonObject> results)
    {
        if (results.FirstOrDefault(ToolRegistry.IsError) is { } error)
        {
            return $"{error["message"]} ({error["code"]})";
        }

        var text = new StringBuilder();
        switch (plan.Intent)
        {
            case Intent.Unhealthy:
                Unhealthy(text, results);
                break;
            case Intent.Status:
                Deployments(text, results[0], "No deployment matches.");
                break;
            case Intent.Incidents:
                Incidents(text, results[0]);
                break;
            case Intent.Slow:
                SlowAnswer.Write(text, plan.Facts, results);
                break;
            case Intent.Request:
                RequestAnswer.Write(text, results[0]);
                break;
            case Intent.User:
                User(text, (JsonObject)results[0]["user"]!);
                break;
            case Intent.Errors:
                Errors(text, plan.Facts, results);
                break;
            case Intent.Latency:
                Latency(text, results);
                break;
            case Intent.Quality:
                Quality(text, plan.Facts, results);
                break;
            case Intent.Volume:
                Volume(text, results[0]);
                break;
            case Intent.Change:
                Change(text, results[0]);
                break;
            case Intent.Cost:
                Cost(text, results[0]);
                break;
            case Intent.Policies:
                Policies(text, results[0]);
                break;
            default:
                Sql(text, results);
                break;
        }

        return text.ToString().TrimEnd();
    }

    public static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    public static List<JsonObject> Array(JsonObject result, string name) => [.. ((JsonArray)result[name]!).Select(n => (JsonObject)n!)];

    public static string Percent(JsonNode? rate) => rate is null ? "unknown" : ((double)rate * 100).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    public static void Deployments(StringBuilder text, JsonObject result, string none)
    {
        var deployments = Array(result, "deployments");
        if (deployments.Count == 0)
        {
            text.Append(none).Append('\n');
        }

        foreach (var d in deployments.Take(MostLines))
        {
            Line(text, $"- {d["id"]} is {((string)d["status"]!).ToUpperInvariant()}: p50 {d["latency_p50_ms"]} ms, p95 {d["latency_p95_ms"]} ms, error rate {Percent(d["error_rate"])}, queue {d["queue_depth"]}, {d["sample_count"]} samples at {d["updated_at"]}{((bool)d["is_stale"]! ? " (stale)" : "")}");
        }
    }

    public static void Incidents(StringBuilder text, JsonObject result)
    {
        var incidents = Array(result, "incidents");
        Line(text, $"{(incidents.Count == 0 ? "There are no active incidents." : $"{incidents.Count} active incident{(incidents.Count == 1 ? "" : "s")}:")}");
        foreach (var i in incidents.Take(MostLines))
        {
            Line(text, $"- {i["id"]}: \"{i["title"]}\" on {i["target_type"]} {i["target_id"]}, since {i["started_at"]} ({i["duration_minutes"]} minutes)");
        }
    }

    private static void Unhealthy(StringBuilder text, IReadOnlyList<JsonObject> results)
    {
        var count = Array(results[0], "deployments").Count + Array(results[1], "deployments").Count;
        Line(text, $"{(count == 0 ? "All deployments are healthy." : $"{count} deployment{(count == 1 ? " is" : "s are")} unhealthy:")}");
        Deployments(text, results[1], "");
        Deployments(text, results[0], "");
        Incidents(text, results[2]);
    }

    private static void User(StringBuilder text, JsonObject user)
    {
        Line(text, $"{user["id"]} is on tier {user["tier"]} with a latency SLA of {user["latency_sla_ms"]} ms.");
        Line(text, $"Today (UTC): {user["requests_today"]} requests, {user["daily_budget_used_usd"]} USD used of {user["daily_budget_usd"]} USD, {user["daily_budget_remaining_usd"]} USD left.");
    }

    private static void Errors(StringBuilder text, QuestionFacts facts, IReadOnlyList<JsonObject> results)
    {
        var failed = Array(results[2], "requests").Concat(Array(results[3], "requests")).ToList();
        Line(text, $"{failed.Count} failed requests{(facts.Model is null ? "" : $" on {facts.Model}")} in the last 24 hours ({results[2]["count"]} errors, {results[3]["count"]} timeouts).");
        foreach (var group in failed.GroupBy(r => (string)r["deployment_id"]!).OrderByDescending(g => g.Count()))
        {
            Line(text, $"- {group.Key}: {group.Count()} (latest {string.Join(", ", group.OrderByDescending(r => (string)r["created_at"]!, StringComparer.Ordinal).Take(3).Select(r => (string)r["id"]!))})");
        }

        text.Append("State now:\n");
        Deployments(text, results[0], "No deployment matches.");
        var incidents = new JsonObject
        {
            ["incidents"] = new JsonArray([.. Array(results[1], "incidents")
                .Where(i => facts.Model is null || ((string)i["target_id"]!).Contains(facts.Model, StringComparison.Ordinal))
                .Select(i => i.DeepClone())]),
        };
        Incidents(text, incidents);
    }

    private static void Latency(StringBuilder text, IReadOnlyList<JsonObject> results)
    {
        var (yesterday, week) = ((JsonObject)results[0]["summary"]!, (JsonObject)results[1]["summary"]!);
        Line(text, $"Yesterday: p95 {yesterday["avg_latency_p95_ms"]} ms, p50 {yesterday["avg_latency_p50_ms"]} ms over {yesterday["total_requests"]} requests (weighted by requests).");
        Line(text, $"Last 7 days: p95 {week["avg_latency_p95_ms"]} ms, p50 {week["avg_latency_p50_ms"]} ms over {week["total_requests"]} requests.");
        foreach (var b in Array(results[0], "data").Take(MostLines))
        {
            Line(text, $"- {b["deployment_id"]} yesterday: p95 {b["latency_p95_ms"]} ms, p50 {b["latency_p50_ms"]} ms, {b["request_count"]} requests");
        }
    }

    private static void Quality(StringBuilder text, QuestionFacts facts, IReadOnlyList<JsonObject> results)
    {
        var groups = Array(results[0], "data").OrderByDescending(g => (double)g["avg_score"]!).ToList();
        if (groups.Count == 0)
        {
            text.Append("No quality scores in the last 7 days.\n");
            return;
        }

        var best = groups[0];
        Line(text, $"Best{(facts.Task is null ? "" : $" for {facts.Task}")} over 7 days: {best["model_id"]} ({best["task_type"]}), average {best["avg_score"]} from {best["sample_count"]} scores.");
        foreach (var g in groups.Take(MostLines))
        {
            Line(text, $"- {g["model_id"]} {g["task_type"]}: average {g["avg_score"]}, {g["min_score"]} to {g["max_score"]}, {g["sample_count"]} scores{Recent(results[1], g)}");
        }

        Incidents(text, results[2]);
    }

    private static string Recent(JsonObject recent, JsonObject group)
    {
        var match = Array(recent, "data").FirstOrDefault(
            g => (string)g["model_id"]! == (string)group["model_id"]! && (string)g["task_type"]! == (string)group["task_type"]!);
        return match is null ? "" : $"; last 24 hours {((double)match["avg_score"]!).ToString(CultureInfo.InvariantCulture)}";
    }

    private static void Volume(StringBuilder text, JsonObject result)
    {
        var totals = (JsonObject)result["totals"]!;
        Line(text, $"{totals.Sum(t => (long)t.Value!["requests"]!)} requests:");
        foreach (var (group, sums) in totals.OrderByDescending(t => (long)t.Value!["requests"]!))
        {
            Line(text, $"- {group}: {sums!["requests"]} requests, {sums["cost_usd"]} USD");
        }
    }

    private static void Change(StringBuilder text, JsonObject result)
    {
        var changes = Array(result, "changes");
        Line(text, $"Since {result["since"]} against {result["compared_with"]!["since"]}: {(changes.Count == 0 ? "nothing moved much." : $"{changes.Count} changes, largest first.")}");
        foreach (var c in changes.Take(MostLines))
        {
            Line(text, $"- {c["kind"]} {c["id"]}: {c["metric"]} {c["before"]} -> {c["after"]}{(c["change_percent"] is { } percent ? $" ({percent} %)" : "")}");
        }

        foreach (var i in Array(result, "incidents_started"))
        {
            Line(text, $"- incident {i["id"]} began {i["started_at"]}: \"{i["title"]}\" on {i["target_id"]}");
        }
    }

    private static void Cost(StringBuilder text, JsonObject result)
    {
        Line(text, $"{result["total_cost_usd"]} USD for {result["total_requests"]} requests:");
        foreach (var g in Array(result, "groups").Take(MostLines))
        {
            Line(text, $"- {g["group"]}: {g["cost_usd"]} USD ({Percent(g["share"])}), {g["requests"]} requests, {g["usd_per_request"]} USD each");
        }
    }

    private static void Policies(StringBuilder text, JsonObject result)
    {
        var policies = Array(result, "policies");
        if (policies.Count == 0)
        {
            text.Append("No sampled decisions in this time: there is nothing to compare.\n");
            return;
        }

        Line(text, $"{policies[0]["decisions"]} sampled decisions taken again; least regret: {result["best"]}. Regret is USD per 1,000 requests above the best choice by the estimates of that moment.");
        foreach (var p in policies.Take(MostLines))
        {
            Line(text, $"- {p["name"]}: regret {p["regret_usd_per_1k"]}, agrees with {Percent(p["agreement"])}, TTFT p50 {p["ttft_ms"]!["p50"]} ms, p90 {p["ttft_ms"]!["p90"]} ms, cost {p["cost_usd_per_1k"]} USD per 1,000");
        }
    }

    private static void Sql(StringBuilder text, IReadOnlyList<JsonObject> results)
    {
        Line(text, $"No fixed plan fits; the question became SQL. {results[0]["notes"]}");
        Line(text, $"{results[0]["sql"]}");
        foreach (var row in Array(results[^1], "rows").Take(MostLines))
        {
            Line(text, $"- {string.Join(", ", row.Select(c => $"{c.Key} {c.Value?.ToString() ?? "null"}"))}");
        }

        Line(text, $"{results[^1]["row_count"]} rows.");
    }
}
