namespace RouterDaemon.Config;

/// <summary>Access to administration, context tools, MCP and explain.</summary>
internal sealed record AdminConfig
{
    /// <summary>The admin key; null = these routes answer loopback only, and no browser.</summary>
    public Secret? Key { get; init; }
}
