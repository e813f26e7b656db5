namespace RouterDaemon.Config;

/// <summary>The daemon's log.</summary>
internal sealed record LogConfig
{
    /// <summary>trace, debug, information (default), warning, error or none.</summary>
    public string Level { get; init; } = "information";

    /// <summary>auto (default: text on a terminal, systemd prefixes under systemd), text, systemd or json.</summary>
    public string Format { get; init; } = "auto";
}
