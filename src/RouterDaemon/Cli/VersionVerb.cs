using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RouterDaemon.Cli;

/// <summary><c>routerd version</c> and <c>--version</c>.</summary>
internal static class VersionVerb
{
    public static Command Create(CliHost host)
    {
        var json = GlobalOptions.Json();
        var command = new Command("version", "Version, commit, llama.cpp release and runtime.") { json };
        command.SetAction(parsed =>
        {
            Write(host, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    public static Option Option(CliHost host) => new Option<bool>("--version")
    {
        Description = "Version, commit, llama.cpp release and runtime.",
        Action = new PrintAction(host),
    };

    private static void Write(CliHost host, bool asJson)
    {
        var native = Native.LlamaLibrary.Probe(null);
        var runtime = RuntimeInformation.FrameworkDescription + (RuntimeFeature.IsDynamicCodeSupported ? "" : ", native");
        if (asJson)
        {
            CliJson.Write(host, json =>
            {
                json.WriteStartObject();
                json.WriteString("version", BuildInfo.Version);
                json.WriteString("commit", BuildInfo.Commit);
                json.WriteString("llama_cpp", native.LlamaVersion);
                json.WriteString("runtime", runtime);
                json.WriteString("platform", RuntimeInformation.RuntimeIdentifier);
                json.WriteEndObject();
            });
            return;
        }

        var commit = BuildInfo.Commit.Length > 0 ? BuildInfo.Commit : "unknown";
        host.Out.WriteLine($"routerd {BuildInfo.Version} (commit {commit})");
        host.Out.WriteLine($"llama.cpp {native.LlamaVersion ?? "not loaded: " + native.Error}");
        host.Out.WriteLine($"{runtime}, {RuntimeInformation.RuntimeIdentifier}");
    }

    private sealed class PrintAction(CliHost host) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            Write(host, asJson: false);
            return ExitCode.Done;
        }
    }
}
