using RouterDaemon.Cli;
using RouterDaemon.Config;
using RouterDaemon.Tests.Config;

namespace RouterDaemon.Tests.Cli;

/// <summary>One run of the command line in this process, over texts instead of this machine.</summary>
internal sealed record CliRun(int Exit, string Out, string Error)
{
    public static Task<CliRun> Of(params string[] arguments) => With(new ConfigFixture(), arguments);

    public static async Task<CliRun> With(ConfigFixture fixture, params string[] arguments) => await With(fixture, false, null, default, arguments);

    public static async Task<CliRun> With(
        ConfigFixture fixture, bool terminal, Func<ServeOptions, Task<int>>? serve, CancellationToken cancellation, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CliHost
        {
            Out = output,
            Error = error,
            OutIsTerminal = terminal,
            Sources = path => path is null
                ? fixture.Sources
                : fixture.Sources with { ConfigPath = Path.GetFullPath(path, "/etc/ada"), ConfigDisplayName = path },
            Serve = serve ?? (_ => throw new InvalidOperationException("nothing was to be served")),
        };
        var exit = await CommandLine.RunAsync(arguments, host, cancellation);
        return new CliRun(exit, output.ToString(), error.ToString());
    }
}
