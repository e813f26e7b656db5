using System.CommandLine;
using System.Runtime.InteropServices;
using RouterDaemon.Engine.Isolation;

namespace RouterDaemon.Cli;

/// <summary><c>routerd engine</c>: the process of one on-device model, started by the daemon (<c>isolation: process</c>).</summary>
internal static class EngineVerb
{
    private const string Name = "engine";

    public static Command Create(CliHost host)
    {
        var socket = new Option<string>("--socket") { Description = "Unix socket to serve on.", Required = true };
        var command = new Command(Name, "The process of one on-device model; the daemon starts it.") { socket };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            // A service manager signals the whole group: the daemon ends first, in order, and this process with it.
            using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static signal => signal.Cancel = true);
            await EngineChild.RunAsync(parsed.GetValue(socket)!, Console.OpenStandardInput(), host.Out, host.Error).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>How this program starts itself as a model's process.</summary>
    public static IReadOnlyList<string> Command()
    {
        var path = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(path) == "dotnet" ? [path, Path.Combine(AppContext.BaseDirectory, "routerd.dll"), Name] : [path, Name];
    }
}
