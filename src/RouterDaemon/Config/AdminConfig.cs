namespace RouterDaemon.Config;

/// <summary>Without a key, administration, context, MCP and explain answer loopback only, and not browsers.</summary>
internal sealed record AdminConfig
{
    /// <summary>Name of the environment variable with the key. Default <c>ROUTERD_ADMIN_KEY</c>.</summary>
    public string? KeyEnv { get; init; } = "ROUTERD_ADMIN_KEY";

    /// <summary>The key itself; null when the variable is unset.</summary>
    public Secret? Key { get; init; }
}
