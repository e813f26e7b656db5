using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Planning;

/// <summary>Maps a question to tool calls by fixed rules: the same question always gives the same calls.</summary>
public static class Planner
{
    private const string Slow = @"\b(slow|slower|slowness|sluggish|laggy|lag|delays?|delayed|waiting|wait|high latency|latency (is )?(high|up|bad)|take[s]? so long|response times?)\b";
    private const string Failing = @"\b(errors?|failing|failures?|fails?|failed|broken|breaking|timeouts?|timing out|wrong with|going wrong)\b";

    /// <summary>The plan; <paramref name="status"/> is the result of get_deployment_status.</summary>
    public static Plan Plan(string question, JsonObject status)
    {
        var facts = QuestionFacts.Read(question, status);
        var intent = IntentOf(facts);
        return new Plan(intent, facts, [.. Calls(intent, facts, question)]);
    }

    // Ordered: the more particular question first.
    private static Intent IntentOf(QuestionFacts q) =>
        q.RequestId is not null ? Intent.Request
        : q.UserId is not null ? Intent.User
        : q.Asks(@"\b(polic(y|ies)|routing strateg(y|ies)|regret)\b") ? Intent.Policies
        : q.Asks(@"\b(incidents?|outages?)\b") ? Intent.Incidents
        : q.Asks(@"\bwhat('s| has| have|s)? (been )?(changed?|different|new|moved)\b|\bchanges? since\b|\bchanged\b") ? Intent.Change
        : q.Asks(@"\bquality\b|\bscores?\b") || (q.Task is not null && q.Asks(@"\b(best|better|performs?|good|strongest|worst|which model|recommend)\b")) ? Intent.Quality
        : q.Asks(@"\b(p50|p95|p99|percentile|latency trends?)\b") || (q.Asks(@"\blatenc(y|ies)\b") && q.Asks(@"\b(vs|versus|compared?|than|trend|over time|yesterday|last week)\b")) ? Intent.Latency
        : q.Asks(Slow) ? Intent.Slow
        : q.Asks(Failing) ? (q.Model is null && q.Backend is null && q.Asks(@"\b(deployments?|backends?)\b") ? Intent.Unhealthy : Intent.Errors)
        : q.Asks(@"\b(how many|number of|count of|volume|traffic|request counts?|requests? (by|per|split|broken))\b") ? Intent.Volume
        : q.Asks(@"\b(costs?|spend|spent|spending|money|bill|usd|expensive)\b") ? Intent.Cost
        : q.Asks(@"\b(unhealthy|not healthy|degraded|down|offline|sick|in trouble|problems?|ok|okay)\b") && q.Model is null ? Intent.Unhealthy
        : q.Model is not null || q.Backend is not null || q.Asks(@"\b(status|health|state)\b") ? Intent.Status
        : Intent.Other;

    private static IEnumerable<PlannedCall> Calls(Intent intent, QuestionFacts q, string question)
    {
        switch (intent)
        {
            case Intent.Unhealthy:
                yield return Call("get_deployment_status", ("status", "degraded"));
                yield return Call("get_deployment_status", ("status", "down"));
                yield return Call("get_active_incidents");
                break;
            case Intent.Status:
                yield return Call("get_deployment_status", ("model_id", q.Model), ("backend_id", q.Backend));
                break;
            case Intent.Incidents:
                yield return Call("get_active_incidents");
                break;
            case Intent.Slow:
                yield return Call(
                    "get_recent_requests", ("user_tier", q.Tier), ("model_id", q.Model), ("backend_id", q.Backend), ("since", "24 hours ago"), ("limit", "500"));
                yield return Call("get_deployment_status", ("model_id", q.Model), ("backend_id", q.Backend));
                yield return Call("get_active_incidents");
                break;
            case Intent.Request:
                yield return Call("get_request_detail", ("request_id", q.RequestId));
                break;
            case Intent.User:
                yield return Call("get_user_context", ("user_id", q.UserId));
                break;
            case Intent.Errors:
                yield return Call("get_deployment_status", ("model_id", q.Model), ("backend_id", q.Backend));
                yield return Call("get_active_incidents");
                yield return Call("get_recent_requests", ("model_id", q.Model), ("backend_id", q.Backend), ("status", "error"), ("since", "24 hours ago"));
                yield return Call("get_recent_requests", ("model_id", q.Model), ("backend_id", q.Backend), ("status", "timeout"), ("since", "24 hours ago"));
                break;
            case Intent.Latency:
                yield return Latency(q, "yesterday", "today");
                yield return Latency(q, "7 days ago", "now");
                break;
            case Intent.Quality:
                yield return Call("get_quality_summary", ("model_id", q.Model), ("task_type", q.Task));
                yield return Call("get_quality_summary", ("model_id", q.Model), ("task_type", q.Task), ("since", "24 hours ago"));
                yield return Call("get_active_incidents");
                break;
            case Intent.Volume:
                yield return Call("get_request_volume", ("group_by", GroupOf(q)), ("since", SinceOf(q)), ("until", UntilOf(q)));
                break;
            case Intent.Change:
                yield return Call("explain_change", ("since", SinceOf(q) == "7 days ago" && !q.Asks("week|7 days") ? "24 hours ago" : SinceOf(q)));
                break;
            case Intent.Cost:
                yield return Call("cost_report", ("group_by", q.Asks("tier") ? "tier" : GroupOf(q) is "tier" ? "deployment" : GroupOf(q)), ("since", SinceOf(q)), ("until", UntilOf(q)));
                break;
            case Intent.Policies:
                yield return Call("compare_policies", ("since", SinceOf(q)), ("until", UntilOf(q)));
                break;
            default:
                yield return Call("generate_sql", ("query", question));
                break;
        }
    }

    private static PlannedCall Latency(QuestionFacts q, string since, string until) => Call(
        "get_latency_trends", ("model_id", q.Model), ("backend_id", q.Backend), ("since", since), ("until", until), ("granularity", "day"));

    private static string GroupOf(QuestionFacts q) =>
        q.Asks(@"\bmodels?\b") ? "model" : q.Asks(@"\b(backends?|providers?)\b") ? "backend" : q.Asks(@"\bdeployments?\b") ? "deployment" : "tier";

    private static string SinceOf(QuestionFacts q) =>
        q.Asks(@"\btoday\b") ? "today"
        : q.Asks(@"\byesterday\b") ? "yesterday"
        : q.Asks(@"\b(last|past) hour\b") ? "1 hour ago"
        : q.Asks(@"\b(last|past) (24 hours|day)\b") ? "24 hours ago"
        : "7 days ago";

    private static string? UntilOf(QuestionFacts q) => q.Asks(@"\byesterday\b") && !q.Asks(@"\bsince yesterday\b") ? "today" : null;

    private static PlannedCall Call(string tool, params ReadOnlySpan<(string Name, string? Value)> arguments)
    {
        var values = new JsonObject();
        foreach (var (name, value) in arguments)
        {
            if (value is not null)
            {
                values[name] = value;
            }
        }

        return new PlannedCall(tool, values);
    }
}
