using System.CommandLine;
using RouterDaemon.Agents.Mcp;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Cli;

/// <summary><c>routerd mcp</c>: the context tools for an MCP client that starts its servers itself, over standard input and output.</summary>
internal static class McpVerb
{
    public static Command Create(CliHost host)
    {
        var command = new Command("mcp", "Serve the context tools to an MCP client over stdio; a running daemon serves them at /mcp.");
        command.SetAction(async (parsed, cancellation) =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
            }

            using var reader = new ContextReader(loaded.Config.EffectiveContextDatabasePath, TimeProvider.System);
            using var stdio = new McpStdio(
                new McpServer(new ToolRegistry(reader), BuildInfo.Version), Console.OpenStandardInput(), Console.OpenStandardOutput());
            // A read of standard input cannot be cancelled: the process ends around it.
            await stdio.RunAsync(cancellation).WaitAsync(cancellation).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }
}
