using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Mcp;

/// <summary>A request that gets a JSON-RPC error instead of a result.</summary>
internal sealed class McpException(int code, string message, JsonObject? details = null) : Exception(message)
{
    /// <summary>Codes of JSON-RPC 2.0, section 5.1.</summary>
    public const int ParseError = -32700;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParams = -32602;
    public const int InternalError = -32603;

    /// <summary>Codes of the protocol, revision 2026-07-28.</summary>
    public const int HeaderMismatch = -32020;
    public const int UnsupportedVersion = -32022;

    public int Code => code;

    public JsonObject ToError(JsonNode? id)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = Message };
        if (details is not null)
        {
            error["data"] = details.DeepClone();
        }

        return new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id?.DeepClone(), ["error"] = error };
    }

    /// <summary>The error that lists what is spoken here.</summary>
    public static McpException Unsupported(string requested) => new(
        UnsupportedVersion,
        $"Unsupported protocol version {(requested.Length <= 40 ? requested : requested[..40] + "…")}",
        new JsonObject { ["supported"] = new JsonArray([.. McpServer.Versions.Select(v => (JsonNode)v)]), ["requested"] = requested });
}
