namespace RouterDaemon.Config;

internal sealed record LogConfig
{
    /// <summary>Lines below it are dropped. Default information.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    public LogFormat Format { get; init; } = LogFormat.Auto;
}
