using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RouterDaemon.Config;
using RouterDaemon.Config.Schema;
using RouterDaemon.Store;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Cli;

/// <summary><c>routerd models list | info | pull | discover | add | bench</c>: on-device models, read from their files; the daemon need not run.</summary>
internal static class ModelsVerb
{
    public static Command Create(CliHost host) => new("models", "On-device models.")
    {
        List(host), Info(host), ModelsPull.Create(host), ModelsDiscover.Create(host), ModelsAdd.Create(host), ModelsBench.Create(host),
    };

    private static Command List(CliHost host)
    {
        var json = GlobalOptions.Json();
        var command = new Command("list", "Models of the configuration and of the models folder.") { json };
        command.SetAction(parsed =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
            }

            var reports = ModelReport.All(loaded.Config);
            if (parsed.GetValue(json))
            {
                CliJson.Write(host, writer =>
                {
                    writer.WriteStartArray();
                    reports.ForEach(r => WriteJson(writer, r));
                    writer.WriteEndArray();
                });
                return ExitCode.Done;
            }

            var table = new CliTable("deployment", "parameters", "type", "context", "slots", "memory", "fits", "source");
            foreach (var report in reports)
            {
                table.Add(Row(report));
            }

            table.Write(host);
            if (reports.Count == 0)
            {
                host.Error.WriteLine($"No models: put GGUF files into {loaded.Config.ModelsDirectory} or configure them under \"models\".");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command Info(CliHost host)
    {
        var json = GlobalOptions.Json();
        var id = new Argument<string>("MODEL") { Description = "Id of the model, with or without /local." };
        var command = new Command("info", "Everything a model's file says, memory needed, whether it fits.") { id, json };
        command.SetAction(parsed =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
            }

            var name = parsed.GetValue(id)!;
            var bare = name.EndsWith("/local", StringComparison.Ordinal) ? name[..^"/local".Length] : name;
            var reports = ModelReport.All(loaded.Config);
            var report = reports.Find(r => r.Model.Id == bare || r.Model.Aliases.Contains(bare));
            if (report is null)
            {
                var near = NearestName.Find(bare, reports.Select(r => r.Model.Id));
                host.Error.WriteLine($"routerd: there is no on-device model \"{name}\"" + (near is null ? "" : $", did you mean \"{near}\"?"));
                return ExitCode.Failed;
            }

            if (parsed.GetValue(json))
            {
                CliJson.Write(host, writer => WriteJson(writer, report, PulledFrom(loaded.Config, report)));
            }
            else
            {
                WriteInfo(host, report, PulledFrom(loaded.Config, report));
            }

            return report.Header is null ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    /// <summary>Where the file was pulled from; null = it was not, or the file of that name lies elsewhere now.</summary>
    private static ModelFileRow? PulledFrom(RouterdConfig config, ModelReport report) =>
        ModelStore.FilesAt(config.EffectiveModelsDatabasePath).GetValueOrDefault(Path.GetFileNameWithoutExtension(report.Model.FilePath)) is { } row
        && row.File == report.Model.FilePath ? row : null;

    private static (string, Tone)[] Row(ModelReport report) => report.Header is { } header
        ?
        [
            (report.Model.Id + "/local", Tone.Strong), (ByteText.Count(header.ParameterCount), Tone.Plain), (header.MainType, Tone.Plain),
            (report.ContextTokens.ToString(CultureInfo.InvariantCulture), Tone.Plain), (report.Model.Slots.ToString(CultureInfo.InvariantCulture), Tone.Plain),
            (ByteText.Bytes(report.NeededBytes), Tone.Plain), report.Fits ? ("yes", Tone.Good) : ("no", Tone.Bad), (report.Source, Tone.Dim),
        ]
        :
        [
            (report.Model.Id + "/local", Tone.Strong), ("-", Tone.Dim), ("-", Tone.Dim), ("-", Tone.Dim), ("-", Tone.Dim), ("-", Tone.Dim),
            ($"broken: {report.Problem}", Tone.Bad), (report.Source, Tone.Dim),
        ];

    private static void WriteInfo(CliHost host, ModelReport report, ModelFileRow? pulled)
    {
        var table = new CliTable("what", "value");
        table.Add("deployment", report.Model.Id + "/local");
        table.Add("file", report.Model.FilePath);
        table.Add("source", report.Source);
        if (pulled is not null)
        {
            table.Add("pulled from", pulled.Source);
            table.Add("SHA-256", pulled.Sha256 ?? "");
        }

        if (report.Header is not { } header)
        {
            table.Add(("problem", Tone.Plain), (report.Problem ?? "", Tone.Bad));
            table.Write(host);
            return;
        }

        table.Add("name", header.Name ?? "");
        table.Add("architecture", header.Architecture);
        table.Add("parameters", ByteText.Count(header.ParameterCount));
        table.Add("main type", header.MainType);
        table.Add("layers", header.LayerCount.ToString(CultureInfo.InvariantCulture));
        table.Add("embedding length", header.EmbeddingLength.ToString(CultureInfo.InvariantCulture));
        table.Add("context as trained", $"{header.ContextTokens} tokens");
        table.Add("context of a slot", $"{report.ContextTokens} tokens");
        table.Add("slots", report.Model.Slots.ToString(CultureInfo.InvariantCulture));
        table.Add("chat template", header.ChatTemplate is { } template ? $"{template.Length} characters" : "none");
        table.Add("weights", ByteText.Bytes(header.WeightBytes));
        for (var i = 0; i < report.Model.Lora.Count; i++)
        {
            table.Add($"LoRA adapter {i}", string.Create(CultureInfo.InvariantCulture, $"{report.Model.Lora[i].FilePath}, scale {report.Model.Lora[i].Scale}"));
        }

        table.Add("KV cache, all slots full", ByteText.Bytes(report.KvBytes));
        table.Add(("memory needed", Tone.Plain), ($"{ByteText.Bytes(report.NeededBytes)} of {ByteText.Bytes(ModelReport.MachineBytes)}: {(report.Fits ? "fits" : "does not fit")}", report.Fits ? Tone.Good : Tone.Bad));
        table.Write(host);
    }

    private static void WriteJson(Utf8JsonWriter json, ModelReport report, ModelFileRow? pulled = null)
    {
        json.WriteStartObject();
        json.WriteString("id", report.Model.Id);
        json.WriteString("deployment", report.Model.Id + "/local");
        json.WriteString("file", report.Model.FilePath);
        json.WriteString("source", report.Source);
        json.WriteNumber("slots", report.Model.Slots);
        json.WriteString("problem", report.Problem);
        if (pulled is not null)
        {
            json.WriteString("pulled_from", pulled.Source);
            json.WriteString("sha256", pulled.Sha256);
        }

        if (report.Header is { } header)
        {
            json.WriteString("name", header.Name);
            json.WriteString("architecture", header.Architecture);
            json.WriteNumber("parameters", header.ParameterCount);
            json.WriteString("type", header.MainType);
            json.WriteNumber("layers", header.LayerCount);
            json.WriteNumber("trained_context", header.ContextTokens);
            json.WriteNumber("context", report.ContextTokens);
            json.WriteBoolean("has_chat_template", header.ChatTemplate is not null);
            json.WriteNumber("file_bytes", header.FileBytes);
            json.WriteNumber("weight_bytes", header.WeightBytes);
            json.WriteNumber("adapter_bytes", report.AdapterBytes);
            json.WriteNumber("kv_bytes", report.KvBytes);
            json.WriteNumber("needed_bytes", report.NeededBytes);
            json.WriteBoolean("fits", report.Fits);
        }

        json.WriteEndObject();
    }
}
