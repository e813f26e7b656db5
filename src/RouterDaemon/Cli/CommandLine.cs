using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using RouterDaemon.Config.Schema;

namespace RouterDaemon.Cli;

/// <summary>Reads the command line and runs the verb it names.</summary>
internal static class CommandLine
{
    // An argument that begins with @ is text here (a prompt may), not the name of a file with more arguments.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Answers an exit code of <see cref="ExitCode"/>.</summary>
    public static async Task<int> RunAsync(string[] arguments, CliHost host, CancellationToken cancellation = default)
    {
        var parsed = Root(host).Parse(arguments, Parsing);
        if (parsed.Action is ParseErrorAction || (parsed.Errors.Count > 0 && parsed.Action is not HelpAction))
        {
            return Refuse(parsed, host);
        }

        // Serving ends in order on signals of its own handling; every other verb just stops.
        using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var signal = ServeVerb.IsServing(parsed) ? null : PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            interrupted.Cancel();
        });
        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = host.Out,
                Error = host.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(invocation, interrupted.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            await host.Error.WriteLineAsync($"routerd: {failed.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static RootCommand Root(CliHost host)
    {
        var root = new RootCommand("One OpenAI-compatible endpoint for models on this machine, in a cluster and behind APIs.");
        var versionOption = root.Options.First(o => o is VersionOption);
        root.Options.Remove(versionOption);
        root.Options.Add(VersionVerb.Option(host));
        root.Options.Add(GlobalOptions.Config);
        foreach (var create in Verbs.Table)
        {
            root.Subcommands.Add(create(host));
        }

        ServeVerb.MakeDefault(root, host);
        return root;
    }

    private static int Refuse(ParseResult parsed, CliHost host)
    {
        var command = parsed.CommandResult.Command;
        foreach (var message in parsed.Errors.Select(e => e.Message.TrimEnd('.', '\n', ' ')).Distinct())
        {
            host.Error.WriteLine($"routerd: {message}");
        }

        var known = command.Subcommands.Select(c => c.Name);
        if (parsed.UnmatchedTokens.Count > 0 && NearestName.Find(parsed.UnmatchedTokens[0], known) is { } near)
        {
            host.Error.WriteLine($"routerd: did you mean \"{near}\"?");
        }

        var path = string.Join(' ', PathOf(command));
        host.Error.WriteLine($"See \"{path} --help\".");
        return ExitCode.WrongUsage;
    }

    private static IEnumerable<string> PathOf(Command command)
    {
        var names = new Stack<string>();
        for (var at = command; at is not RootCommand; at = at.Parents.OfType<Command>().First())
        {
            names.Push(at.Name);
        }

        return names.Prepend("routerd");
    }
}
