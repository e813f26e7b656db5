namespace RouterDaemon.Config;

internal sealed record LogConfig
{
    /// <summary>Lines below it are dropped. Default information.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    public LogFormat Format { get; init; } = LogFormat.Auto;

    /// <summary>One line for each request. Default false: the journal and the store have them.</summary>
    public bool Requests { get; init; }
}
