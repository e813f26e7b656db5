namespace RouterDaemon.Config;

/// <summary>A configuration that can be used, and where it came from.</summary>
internal sealed record LoadedConfig
{
    public required RouterdConfig Config { get; init; }

    /// <summary>Folder under which everything of the daemon's lies. Absolute.</summary>
    public required string HomeDirectory { get; init; }

    /// <summary>The file that was read; null = defaults and environment.</summary>
    public string? FilePath { get; init; }

    /// <summary>What is worth saying but does not stop the daemon.</summary>
    public IReadOnlyList<ConfigFault> Warnings { get; init; } = [];
}
