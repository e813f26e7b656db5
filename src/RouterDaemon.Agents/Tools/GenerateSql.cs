using System.Text.Json.Nodes;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Context.Sql;

namespace RouterDaemon.Agents.Tools;

/// <summary>A question as a SELECT.</summary>
internal static class GenerateSql
{
    public static readonly ContextTool Tool = new(
        "generate_sql",
        "Turns a question into one read-only SELECT over deployments, requests, users, incidents and quality_scores; run it with run_sql.",
        [
            new("query", "string", "The question, or a SELECT to check") { Required = true },
            Parameters.Choice("safety_level", "Only read_only exists", ["read_only"], "read_only"),
        ],
        (reader, arguments, cancellation) => reader.ReadAsync(
            (connection, now) =>
            {
                var query = arguments.Text("query") ?? throw new ContextException(ContextErrorCode.InvalidParameter, "query is required");
                var generated = SqlGenerator.Generate(query, KnownNames.Read(connection), now);
                return new JsonObject
                {
                    ["sql"] = generated.Sql,
                    ["params"] = new JsonArray([.. generated.Params.Select(p => (JsonNode)(string)p)]),
                    ["tables"] = new JsonArray([.. generated.Tables.Select(t => (JsonNode)t)]),
                    ["notes"] = generated.Notes,
                };
            },
            cancellation));
}
