using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Mcp;

/// <summary>What a message gets.</summary>
/// <param name="HttpStatus">Status over HTTP.</param>
/// <param name="Body">The response; null for a notification, which gets none.</param>
public sealed record McpAnswer(int HttpStatus, JsonNode? Body);
