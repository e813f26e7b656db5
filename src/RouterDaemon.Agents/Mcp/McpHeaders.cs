namespace RouterDaemon.Agents.Mcp;

/// <summary>What an HTTP request says of its message; null = not sent. Stdio has none.</summary>
/// <param name="Version"><c>MCP-Protocol-Version</c>.</param>
/// <param name="Method"><c>Mcp-Method</c>.</param>
/// <param name="Name"><c>Mcp-Name</c>.</param>
public sealed record McpHeaders(string? Version, string? Method, string? Name)
{
    /// <summary>
    /// Holds them against the message. Revision 2026-07-28 wants them to mirror it; a handshake client sends at most the version.
    /// </summary>
    internal void Check(McpMessage message)
    {
        if (message.Version is null)
        {
            if (Version is McpServer.Stateless)
            {
                throw new McpException(McpException.HeaderMismatch, $"_meta.{McpMessage.VersionKey} is missing, the MCP-Protocol-Version header says {Version}");
            }

            if (Version is not null && !McpServer.Versions.Contains(Version))
            {
                throw McpException.Unsupported(Version);
            }

            return;
        }

        Mirror("MCP-Protocol-Version", Version, message.Version);
        Mirror("Mcp-Method", Method, message.Method);
        if (message.Method == "tools/call")
        {
            Mirror("Mcp-Name", Name, message.Text("name") ?? "");
        }
    }

    private static void Mirror(string header, string? given, string expected)
    {
        if (given != expected)
        {
            throw new McpException(McpException.HeaderMismatch, given is null ? $"The {header} header is missing" : $"The {header} header does not say what the message says");
        }
    }
}
