using System.CommandLine;
using RouterDaemon.Config;

namespace RouterDaemon.Cli;

/// <summary><c>routerd config check | show | schema | import</c>.</summary>
internal static class ConfigVerb
{
    public static Command Create(CliHost host) => new("config", "Check, print and import configurations.") { Check(host), Show(host), Schema(host), ImportVerb.Create(host) };

    private static Command Check(CliHost host)
    {
        var file = FileArgument();
        var json = GlobalOptions.Json();
        var command = new Command("check", "Say everything that is wrong with the configuration, one line each.") { file, json };
        command.SetAction(parsed =>
        {
            var sources = host.Sources(parsed.GetValue(file) ?? parsed.GetValue(GlobalOptions.Config));
            var result = ConfigLoader.Load(sources);
            if (parsed.GetValue(json))
            {
                WriteJson(host, result);
            }
            else
            {
                foreach (var fault in result.Faults)
                {
                    host.Error.WriteLine(fault.ToString());
                }

                host.Out.WriteLine(Summary(result, sources));
            }

            return result.Loaded is null ? ExitCode.BadConfiguration : ExitCode.Done;
        });
        return command;
    }

    private static Command Show(CliHost host)
    {
        var file = FileArgument();
        var json = GlobalOptions.Json();
        var command = new Command("show", "Print the values in effect, with defaults and without secrets.") { file, json };
        command.SetAction(parsed =>
        {
            if (host.Load(parsed.GetValue(file) ?? parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
            }

            host.Out.Write(parsed.GetValue(json) ? ConfigPrinter.ShowJson(loaded.Config) : ConfigPrinter.ShowYaml(loaded.Config));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Schema(CliHost host)
    {
        var command = new Command("schema", "Print the JSON Schema of routerd.yaml.");
        command.SetAction(_ =>
        {
            host.Out.Write(ConfigPrinter.Schema());
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string?> FileArgument() =>
        new("FILE") { Description = "Configuration file; default as for serve.", Arity = ArgumentArity.ZeroOrOne };

    private static string Summary(ConfigResult result, ConfigSources sources)
    {
        var errors = result.Faults.Count(f => f.Severity == FaultSeverity.Error);
        var warnings = result.Faults.Count - errors;
        if (result.Loaded is not { } loaded)
        {
            return $"{Count(errors, "error")}, {Count(warnings, "warning")}";
        }

        var name = loaded.FilePath is null ? "no file, defaults" : loaded.FilePath == sources.ConfigPath ? sources.ConfigDisplayName ?? loaded.FilePath : loaded.FilePath;
        var config = loaded.Config;
        return $"{name}: good, {Count(config.Models.Count, "model")}, {Count(config.Backends.Count, "backend")}, "
            + $"{Count(config.VirtualModels.Count, "virtual model")}, {Count(warnings, "warning")}";
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static void WriteJson(CliHost host, ConfigResult result) => CliJson.Write(host, json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", result.Loaded is not null);
        json.WriteString("file", result.Loaded?.FilePath);
        json.WriteStartArray("faults");
        foreach (var fault in result.Faults)
        {
            json.WriteStartObject();
            json.WriteString("severity", fault.Severity == FaultSeverity.Error ? "error" : "warning");
            json.WriteString("source", fault.Source);
            json.WriteNumber("line", fault.Line);
            json.WriteNumber("column", fault.Column);
            json.WriteString("path", fault.Path);
            json.WriteString("message", fault.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
