using RouterDaemon.Config;

namespace RouterDaemon.Cli;

/// <summary>What <c>serve</c> hands to the daemon.</summary>
internal sealed record ServeOptions
{
    /// <summary>The configuration to start with.</summary>
    public required LoadedConfig Loaded { get; init; }

    /// <summary>For a reload: <see cref="ConfigLoader.Load"/> again.</summary>
    public required ConfigSources Sources { get; init; }
}
