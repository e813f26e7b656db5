namespace RouterDaemon.Config;

/// <summary>Outcome of <see cref="ConfigLoader.Load"/>: a configuration, or at least one fault of severity error.</summary>
internal sealed record ConfigResult
{
    /// <summary>Null when there is an error.</summary>
    public LoadedConfig? Loaded { get; init; }

    /// <summary>Errors and warnings in the order of the file.</summary>
    public required IReadOnlyList<ConfigFault> Faults { get; init; }
}
