using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>The one way to the tools, for HTTP, MCP, the command line and the agent alike.</summary>
public sealed class ToolRegistry(ContextReader reader)
{
    /// <summary>All tools in the order of the table.</summary>
    public IReadOnlyList<ContextTool> All => Tools.All;

    /// <summary>The <c>tools</c> array of an OpenAI request.</summary>
    public JsonArray Definitions => new([.. All.Select(t => (JsonNode)t.ToOpenAi())]);

    /// <summary>Null when there is no such tool.</summary>
    public static ContextTool? Find(string name) => Tools.All.FirstOrDefault(t => t.Name == name);

    /// <summary>
    /// Runs a tool and answers its result or the error envelope <c>{error: true, message, code}</c>; nothing but a cancellation is thrown.
    /// </summary>
    public async Task<JsonObject> InvokeAsync(string name, JsonElement arguments, CancellationToken cancellation = default)
    {
        try
        {
            var tool = Find(name)
                ?? throw new ContextException(
                    ContextErrorCode.InvalidParameter, $"Unknown tool: {name} (known: {string.Join(", ", All.Select(t => t.Name))})");
            return await tool.Run(reader, new ToolArguments(tool.Parameters, arguments), cancellation).ConfigureAwait(false);
        }
        catch (ContextException e)
        {
            return Envelope(e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Envelope(new ContextException(ContextErrorCode.DatabaseError, $"Database error: {e.Message}", e));
        }
    }

    /// <summary>True when a result is the error envelope.</summary>
    public static bool IsError(JsonObject result) => result["error"] is JsonValue value && value.TryGetValue(out bool error) && error;

    internal static JsonObject Envelope(ContextException e) => new() { ["error"] = true, ["message"] = e.Message, ["code"] = e.CodeText };
}
