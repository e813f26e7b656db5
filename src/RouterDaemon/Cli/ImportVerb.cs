using System.CommandLine;
using RouterDaemon.Config;
using RouterDaemon.Config.Import;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Cli;

/// <summary><c>routerd config import FORMAT FILE</c>: a <c>routerd.yaml</c> on stdout, what became of each setting on stderr.</summary>
internal static class ImportVerb
{
    public static Command Create(CliHost host)
    {
        var names = Importers.Table.Select(i => i.Name).ToArray();
        var format = new Argument<string>("FORMAT") { Description = string.Join(", ", names) };
        format.AcceptOnlyFromAmong(names);
        var file = new Argument<string>("FILE") { Description = "The file to import; for ollama a Modelfile." };
        var json = GlobalOptions.Json();
        var command = new Command("import", "Make a routerd.yaml of another program's configuration.") { format, file, json };
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(file)!;
            var sources = host.Sources(name);
            if (!sources.Files.Exists(sources.ConfigPath!))
            {
                host.Error.WriteLine($"{name}: there is no such file");
                return ExitCode.Failed;
            }

            var bytes = sources.Files.Read(sources.ConfigPath!, YamlReader.MaxFileBytes);
            var result = bytes.Length > YamlReader.MaxFileBytes
                ? new ImportResult { Faults = [new ConfigFault(FaultSeverity.Error, name, 0, 0, "", $"the file is larger than {YamlReader.MaxFileBytes} bytes")] }
                : Importers.Table.First(i => i.Name == parsed.GetValue(format)).Import(name, bytes);
            foreach (var fault in result.Faults)
            {
                host.Error.WriteLine(fault.ToString());
            }

            return result.Config is null ? ExitCode.Failed : Write(host, name, result, parsed.GetValue(json));
        });
        return command;
    }

    private static int Write(CliHost host, string name, ImportResult result, bool asJson)
    {
        var yaml = ConfigPrinter.Yaml(result.Config!);
        if (asJson)
        {
            CliJson.Write(host, json =>
            {
                json.WriteStartObject();
                json.WriteString("yaml", yaml);
                json.WriteStartArray("report");
                foreach (var line in result.Report)
                {
                    json.WriteStartObject();
                    json.WriteString("level", Word(line.Level));
                    json.WriteNumber("line", line.Line);
                    json.WriteString("path", line.Path);
                    json.WriteString("note", line.Note);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            });
            return ExitCode.Done;
        }

        host.Out.Write(yaml);
        foreach (var line in result.Report)
        {
            host.Error.WriteLine($"{name}:{line.Line}: {Word(line.Level)}: {line.Path}: {line.Note}");
        }

        int Count(ImportLevel level) => result.Report.Count(l => l.Level == level);
        host.Error.WriteLine($"{Count(ImportLevel.Exact)} exact, {Count(ImportLevel.Approximate)} approximate, {Count(ImportLevel.Unsupported)} unsupported");
        return ExitCode.Done;
    }

    private static string Word(ImportLevel level) => level switch
    {
        ImportLevel.Exact => "exact",
        ImportLevel.Approximate => "approximate",
        _ => "unsupported",
    };
}
