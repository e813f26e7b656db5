using System.Text;
using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Planning;

/// <summary>Why a request went where it went.</summary>
internal static class RequestAnswer
{
    public static void Write(StringBuilder text, JsonObject result)
    {
        var r = (JsonObject)result["request"]!;
        AnswerWriter.Line(
            text, $"{r["id"]} of {r["user_id"]} ({r["user_tier"]}) went to {r["deployment_id"]} at {r["created_at"]}: {r["status"]} after {r["latency_ms"]} ms, {r["cost_usd"]} USD.");
        if (r["routing_decision"] is JsonObject decision)
        {
            AnswerWriter.Line(text, $"Decision: {decision["decision"]}");
            foreach (var o in AnswerWriter.Array(decision, "options_considered"))
            {
                AnswerWriter.Line(text, $"- {o["deployment"]}: {Option(o)}");
            }
        }

        if (result["quality_score"] is { } score)
        {
            AnswerWriter.Line(text, $"Quality score: {score}.");
        }

        if (result["related_incident"] is JsonObject incident)
        {
            AnswerWriter.Line(text, $"It fell into incident {incident["id"]}: \"{incident["title"]}\" on {incident["target_id"]}.");
        }
    }

    private static string Option(JsonObject option) =>
        (bool)option["available"]!
            ? $"available, estimated {option["estimated_latency_ms"]?.ToString() ?? "unknown"} ms"
            : $"not available{(option["reason"] is { } reason ? $" ({reason})" : "")}";
}
