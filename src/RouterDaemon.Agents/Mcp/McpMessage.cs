using System.Text.Json;
using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Mcp;

/// <summary>One JSON-RPC message of a client.</summary>
internal sealed class McpMessage
{
    /// <summary>Key of <c>params._meta</c> by which a request names its protocol revision, since 2026-07-28.</summary>
    public const string VersionKey = "io.modelcontextprotocol/protocolVersion";

    private readonly JsonElement _parameters;

    private McpMessage(JsonNode? id, string method, JsonElement parameters) => (Id, Method, _parameters) = (id, method, parameters);

    /// <summary>Null for a notification.</summary>
    public JsonNode? Id { get; }

    /// <summary>Empty for a response to something that was never asked.</summary>
    public string Method { get; }

    /// <summary>The revision the request names itself; null = that of the handshake.</summary>
    public string? Version => Member("_meta") is { ValueKind: JsonValueKind.Object } meta && meta.TryGetProperty(VersionKey, out var version)
        ? version.ValueKind == JsonValueKind.String ? version.GetString() : throw new McpException(McpException.InvalidParams, $"_meta.{VersionKey} must be a string")
        : null;

    /// <summary>Reads a message; throws <see cref="McpException"/> when it is none.</summary>
    public static McpMessage Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("jsonrpc", out var rpc) || rpc.ValueKind != JsonValueKind.String || !rpc.ValueEquals("2.0"))
        {
            throw new McpException(McpException.InvalidRequest, "A message is a JSON object with \"jsonrpc\": \"2.0\"");
        }

        var id = ReadId(root);
        if (!root.TryGetProperty("method", out var method))
        {
            return root.TryGetProperty("result", out _) || root.TryGetProperty("error", out _)
                ? new McpMessage(null, "", default)
                : throw new McpException(McpException.InvalidRequest, "\"method\" is missing");
        }

        if (method.ValueKind != JsonValueKind.String)
        {
            throw new McpException(McpException.InvalidRequest, "\"method\" must be a string");
        }

        var parameters = root.TryGetProperty("params", out var given) ? given : default;
        return parameters.ValueKind is JsonValueKind.Object or JsonValueKind.Undefined
            ? new McpMessage(id, method.GetString()!, parameters)
            : throw new McpException(McpException.InvalidRequest, "\"params\" must be an object");
    }

    /// <summary>The id of a message, also of a malformed one; null when it has none that can be answered.</summary>
    public static JsonNode? ReadId(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("id", out var id))
        {
            return null;
        }

        return id.ValueKind switch
        {
            JsonValueKind.String => JsonValue.Create(id.GetString()),
            JsonValueKind.Number => JsonNode.Parse(id.GetRawText()),
            _ => throw new McpException(McpException.InvalidRequest, "\"id\" must be a string or a number"),
        };
    }

    /// <summary>A parameter, or null.</summary>
    public JsonElement? Member(string name) =>
        _parameters.ValueKind == JsonValueKind.Object && _parameters.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A text parameter, or null.</summary>
    public string? Text(string name) => Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
}
