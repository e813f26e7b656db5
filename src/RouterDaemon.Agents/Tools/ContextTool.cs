using System.Text.Json.Nodes;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>A tool: its definition and what it does.</summary>
/// <param name="Name">Name in calls.</param>
/// <param name="Description">For the model and the command line.</param>
/// <param name="Parameters">In the order of the contract.</param>
/// <param name="Run">Answers the result, or throws <see cref="ContextException"/>.</param>
public sealed record ContextTool(
    string Name,
    string Description,
    IReadOnlyList<ToolParameter> Parameters,
    Func<ContextReader, ToolArguments, CancellationToken, Task<JsonObject>> Run)
{
    /// <summary>The tool as OpenAI's <c>tools</c> array holds it.</summary>
    public JsonObject ToOpenAi() => new()
    {
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = Name, ["description"] = Description, ["parameters"] = ToSchema() },
    };

    /// <summary>JSON Schema of the arguments; also MCP's <c>inputSchema</c>.</summary>
    public JsonObject ToSchema()
    {
        var properties = new JsonObject();
        foreach (var parameter in Parameters)
        {
            properties[parameter.Name] = parameter.ToSchema();
        }

        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray([.. Parameters.Where(p => p.Required).Select(p => (JsonNode)p.Name)]),
            ["additionalProperties"] = false,
        };
    }
}
