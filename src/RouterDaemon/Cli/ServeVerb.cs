using System.CommandLine;
using RouterDaemon.Config;

namespace RouterDaemon.Cli;

/// <summary><c>routerd serve</c>, and what <c>routerd</c> alone does.</summary>
internal static class ServeVerb
{
    private const string Name = "serve";

    public static Command Create(CliHost host)
    {
        var listen = new Option<string?>("--listen") { Description = "Addresses instead of those of the file, separated by commas.", HelpName = "URL" };
        var logLevel = new Option<string?>("--log-level") { Description = "Level instead of that of the file.", HelpName = "LEVEL" };
        var command = new Command(Name, "Run the daemon.") { listen, logLevel };
        command.SetAction((parsed, _) => RunAsync(host, parsed.GetValue(GlobalOptions.Config), parsed.GetValue(listen), parsed.GetValue(logLevel)));
        return command;
    }

    public static void MakeDefault(RootCommand root, CliHost host) =>
        root.SetAction((parsed, _) => RunAsync(host, parsed.GetValue(GlobalOptions.Config), null, null));

    public static bool IsServing(ParseResult parsed) => parsed.CommandResult.Command is RootCommand or { Name: Name };

    private static async Task<int> RunAsync(CliHost host, string? configPath, string? listen, string? logLevel)
    {
        var environment = new List<(string Name, string? Value)> { ("ROUTERD_LISTEN", listen), ("ROUTERD_LOG_LEVEL", logLevel) };
        var overlaid = host with { Sources = path => With(host.Sources(path), environment) };
        var loaded = overlaid.Load(configPath, out var sources);
        return loaded is null
            ? ExitCode.BadConfiguration
            : await host.Serve(new ServeOptions { Loaded = loaded, Sources = sources }).ConfigureAwait(false);
    }

    // Options of the command line are variables that win over the environment, and so hold over a reload too.
    private static ConfigSources With(ConfigSources sources, List<(string Name, string? Value)> variables)
    {
        var environment = new Dictionary<string, string>(sources.Environment, StringComparer.Ordinal);
        foreach (var (name, value) in variables)
        {
            if (value is not null)
            {
                environment[name] = value;
            }
        }

        return sources with { Environment = environment };
    }
}
