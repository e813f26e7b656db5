using RouterDaemon.Config;

namespace RouterDaemon.Cli;

/// <summary>What the verbs need of the process they run in, so that tests run them in theirs.</summary>
internal sealed record CliHost
{
    /// <summary>Results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Errors, progress, advice.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>True when <see cref="Out"/> is a terminal that shows colours; false = plain text.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Configuration sources for a value of <c>--config</c>.</summary>
    public required Func<string?, ConfigSources> Sources { get; init; }

    /// <summary>Runs the daemon until it stops; answers the exit code.</summary>
    public required Func<ServeOptions, Task<int>> Serve { get; init; }

    public static CliHost OfThisProcess(Func<ServeOptions, Task<int>> serve) => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        OutIsTerminal = !Console.IsOutputRedirected
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null or ""),
        Sources = ConfigSources.OfThisProcess,
        Serve = serve,
    };

    /// <summary>The configuration; null after its faults went to <see cref="Error"/>.</summary>
    public LoadedConfig? Load(string? configPath, out ConfigSources sources)
    {
        sources = Sources(configPath);
        var result = ConfigLoader.Load(sources);
        if (result.Loaded is null)
        {
            foreach (var fault in result.Faults)
            {
                Error.WriteLine(fault.ToString());
            }
        }

        return result.Loaded;
    }
}
