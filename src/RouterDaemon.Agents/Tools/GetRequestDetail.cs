using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>One request with its routing decision, quality score and the incident it fell into.</summary>
internal static class GetRequestDetail
{
    public static readonly ContextTool Tool = new(
        "get_request_detail",
        "Everything about one request: the routing decision, tokens, cost, quality score and the incident that covered it.",
        [new("request_id", "string", "Request id such as req_abc123") { Required = true }],
        (reader, arguments, cancellation) => reader.ReadAsync((connection, _) => Run(connection, Required(arguments)), cancellation));

    private static string Required(ToolArguments arguments) =>
        arguments.Text("request_id") ?? throw new ContextException(ContextErrorCode.InvalidParameter, "request_id is required");

    private static JsonObject Run(SqliteConnection connection, string id)
    {
        var filter = new Filter().And("r.id", "=", id);
        var request = filter.Query(
            connection,
            $"""
            SELECT r.id, r.user_id, u.tier AS user_tier, r.deployment_id, r.model_id, r.backend_id, r.task_type, r.input_tokens, r.output_tokens,
                   r.cost_usd, r.latency_ms, r.status, r.router_version, r.experiment_id, r.created_at, r.routing_reason AS routing_decision
            FROM requests r JOIN users u ON u.id = r.user_id {filter.Where}
            """,
            Rows.ToObject).FirstOrDefault()
            ?? throw new ContextException(ContextErrorCode.NotFound, $"Request not found: {id}");
        request["routing_decision"] = Parse((string?)request["routing_decision"]);
        var score = new Filter().And("request_id", "=", id);
        return new JsonObject
        {
            ["request"] = request,
            ["quality_score"] = score.Query(connection, $"SELECT score FROM quality_scores {score.Where}", row => Rows.ToNode(row, 0)).FirstOrDefault(),
            ["related_incident"] = RelatedIncident(
                connection, (string)request["deployment_id"]!, (string)request["model_id"]!, (string)request["backend_id"]!,
                (string)request["created_at"]!),
        };
    }

    // The incident that covered the request: on its deployment, else its model, else its backend; the latest start first.
    private static JsonObject? RelatedIncident(SqliteConnection connection, string deployment, string model, string backend, string createdAt)
    {
        foreach (var (type, target) in new[] { ("deployment", deployment), ("model", model), ("backend", backend) })
        {
            var filter = new Filter()
                .And("target_type", "=", type)
                .And("target_id", "=", target)
                .And("started_at", "<=", createdAt)
                .And("COALESCE(resolved_at, '9999')", ">=", createdAt);
            var incident = filter.Query(
                connection,
                $"""
                SELECT id, target_type, target_id, title, status, started_at, resolved_at FROM incidents {filter.Where}
                ORDER BY started_at DESC, id LIMIT 1
                """,
                Rows.ToObject).FirstOrDefault();
            if (incident is not null)
            {
                return incident;
            }
        }

        return null;
    }

    private static JsonNode? Parse(string? json)
    {
        try
        {
            return json is null ? null : JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
