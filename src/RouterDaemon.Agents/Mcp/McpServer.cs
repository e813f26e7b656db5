using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Tools;

namespace RouterDaemon.Agents.Mcp;

/// <summary>
/// The context tools for MCP clients, over whatever transport. Speaks the stateless revision 2026-07-28 and, for older clients, the
/// handshake revisions; nothing is remembered between messages, so both can come over one connection.
/// </summary>
public sealed class McpServer(ToolRegistry registry, string version)
{
    /// <summary>The revision without a handshake: every request names it in <c>_meta</c>.</summary>
    internal const string Stateless = "2026-07-28";

    // The tools change with the program only.
    private const int CacheMs = 3_600_000;

    private const string Instructions =
        "Statistics, routing decisions and incidents of the LLM inference router on this machine. Start with get_deployment_status and "
        + "get_active_incidents; explain_change tells what moved. Everything is read only.";

    /// <summary>Protocol revisions, newest first.</summary>
    public static readonly IReadOnlyList<string> Versions = [Stateless, "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <summary>
    /// Answers the message (or, as revision 2025-03-26 has it, the array of messages) in <paramref name="json"/>. Nothing is thrown but
    /// a cancellation.
    /// </summary>
    public async Task<McpAnswer> AnswerAsync(ReadOnlyMemory<byte> json, McpHeaders? headers, CancellationToken cancellation)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            return new McpAnswer(400, new McpException(McpException.ParseError, $"The message is not JSON: {e.Message}").ToError(null));
        }

        using (document)
        {
            return await AnswerAsync(document.RootElement, headers, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="AnswerAsync(ReadOnlyMemory{byte}, McpHeaders, CancellationToken)"/>, for a message that is parsed already.</summary>
    public async Task<McpAnswer> AnswerAsync(JsonElement root, McpHeaders? headers, CancellationToken cancellation)
    {
        if (root.ValueKind != JsonValueKind.Array || root.GetArrayLength() == 0)
        {
            return await AnswerOneAsync(root, headers, cancellation).ConfigureAwait(false);
        }

        var bodies = new JsonArray();
        foreach (var element in root.EnumerateArray())
        {
            if ((await AnswerOneAsync(element, headers, cancellation).ConfigureAwait(false)).Body is { } body)
            {
                bodies.Add(body);
            }
        }

        return bodies.Count > 0 ? new McpAnswer(200, bodies) : new McpAnswer(202, null);
    }

    private async Task<McpAnswer> AnswerOneAsync(JsonElement root, McpHeaders? headers, CancellationToken cancellation)
    {
        JsonNode? id = null;
        var isStateless = false;
        try
        {
            id = McpMessage.ReadId(root);
            var message = McpMessage.Read(root);
            headers?.Check(message);
            isStateless = message.Version is not null;
            if (message.Version is { } named && named != Stateless)
            {
                throw McpException.Unsupported(named);
            }

            if (message.Id is null)
            {
                // Notifications: the handshake's end, progress, cancellations (which the transport sees to).
                return new McpAnswer(202, null);
            }

            var result = await ResultAsync(message, cancellation).ConfigureAwait(false);
            if (isStateless)
            {
                result["resultType"] = "complete";
            }

            return new McpAnswer(200, new JsonObject { ["jsonrpc"] = "2.0", ["id"] = message.Id.DeepClone(), ["result"] = result });
        }
        catch (McpException e)
        {
            var status = e.Code switch
            {
                McpException.InvalidRequest or McpException.HeaderMismatch or McpException.UnsupportedVersion => 400,
                McpException.MethodNotFound when isStateless => 404,
                _ => 200,
            };
            return new McpAnswer(status, e.ToError(id));
        }
    }

    private async Task<JsonObject> ResultAsync(McpMessage message, CancellationToken cancellation) => message.Method switch
    {
        "server/discover" => Discover(),
        "initialize" => Initialize(message),
        "ping" => [],
        "tools/list" => List(message.Version is not null),
        "tools/call" => await CallAsync(message, cancellation).ConfigureAwait(false),
        _ => throw new McpException(McpException.MethodNotFound, $"Method not found: {(message.Method.Length <= 60 ? message.Method : message.Method[..60] + "…")}"),
    };

    private JsonObject Identity() => new() { ["name"] = "routerd", ["title"] = "RouterDaemon context", ["version"] = version };

    private JsonObject Discover() => new()
    {
        ["supportedVersions"] = new JsonArray([.. Versions.Select(v => (JsonNode)v)]),
        ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
        ["serverInfo"] = Identity(),
        ["_meta"] = new JsonObject { ["io.modelcontextprotocol/serverInfo"] = Identity() },
        ["instructions"] = Instructions,
        ["ttlMs"] = CacheMs,
        ["cacheScope"] = "public",
    };

    // The client's revision when it is spoken here, else the newest that has a handshake.
    private JsonObject Initialize(McpMessage message) => new()
    {
        ["protocolVersion"] = message.Text("protocolVersion") is { } asked and not Stateless && Versions.Contains(asked) ? asked : Versions[1],
        ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
        ["serverInfo"] = Identity(),
        ["instructions"] = Instructions,
    };

    private JsonObject List(bool isStateless)
    {
        var result = new JsonObject
        {
            ["tools"] = new JsonArray([.. registry.All.Select(tool => (JsonNode)new JsonObject
            {
                ["name"] = tool.Name,
                ["description"] = tool.Description,
                ["inputSchema"] = tool.ToSchema(),
                ["annotations"] = new JsonObject { ["readOnlyHint"] = true, ["openWorldHint"] = false },
            })]),
        };
        if (isStateless)
        {
            result["ttlMs"] = CacheMs;
            result["cacheScope"] = "public";
        }

        return result;
    }

    private async Task<JsonObject> CallAsync(McpMessage message, CancellationToken cancellation)
    {
        var name = message.Text("name") ?? throw new McpException(McpException.InvalidParams, "\"name\" must be a string");
        if (ToolRegistry.Find(name) is null)
        {
            throw new McpException(McpException.InvalidParams, $"Unknown tool: {(name.Length <= 60 ? name : name[..60] + "…")}");
        }

        // A tool's own error is a result: the model is to read it and to do better.
        var result = await registry.InvokeAsync(name, message.Member("arguments") ?? default, cancellation).ConfigureAwait(false);
        return new JsonObject
        {
            ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = CompactText.Of(result) }),
            ["isError"] = ToolRegistry.IsError(result),
            ["structuredContent"] = result,
        };
    }
}
