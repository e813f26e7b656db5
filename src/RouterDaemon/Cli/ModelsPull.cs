using System.CommandLine;
using RouterDaemon.Config;
using RouterDaemon.Fleet.Hub;

namespace RouterDaemon.Cli;

/// <summary><c>routerd models pull NAME</c>: a model from the hub or an address into the models folder; the daemon need not run.</summary>
internal static class ModelsPull
{
    public static Command Create(CliHost host)
    {
        var json = GlobalOptions.Json();
        var name = new Argument<string>("NAME") { Description = $"{PullName.Forms}." };
        var command = new Command("pull", "Download a model from Hugging Face (HF_ENDPOINT, HF_TOKEN) or an address. Goes on where it stopped.") { name, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out var sources) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
            }

            HubSettings settings;
            PullName wanted;
            try
            {
                settings = HubSettings.From(sources.Environment);
                wanted = PullName.Parse(parsed.GetValue(name)!, settings.Endpoint);
            }
            catch (FormatException wrong)
            {
                host.Error.WriteLine($"routerd: {wrong.Message}");
                return ExitCode.WrongUsage;
            }

            return await RunAsync(host, loaded.Config, settings, wanted, parsed.GetValue(json), cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, RouterdConfig config, HubSettings settings, PullName wanted, bool asJson, CancellationToken cancellation)
    {
        var bar = new ProgressBar(host.Error, "pull");
        var options = new PullOptions
        {
            Folder = config.ModelsDirectory,
            RegistryPath = config.EffectiveModelsDatabasePath,
            Progress = bar.Report,
            Note = text =>
            {
                bar.EndLine();
                host.Error.WriteLine($"routerd: {text}");
            },
        };
        using var client = new HubClient(settings);
        try
        {
            var pulled = await new ModelPull(client, options).RunAsync(wanted, cancellation).ConfigureAwait(false);
            Write(host, config, pulled, asJson);
            return ExitCode.Done;
        }
        catch (PullException failed)
        {
            options.Note(failed.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            options.Note("stopped; what is there is kept, and the same command goes on");
            return ExitCode.Interrupted;
        }
    }

    private static void Write(CliHost host, RouterdConfig config, PulledModel pulled, bool asJson)
    {
        var first = pulled.Files[0];
        var report = ModelReport.All(config).Find(r => r.Model.FilePath == first.Path);
        if (asJson)
        {
            CliJson.Write(host, json =>
            {
                json.WriteStartObject();
                json.WriteString("id", report?.Model.Id);
                json.WriteString("deployment", report is null ? null : report.Model.Id + "/local");
                json.WriteBoolean("was_there", pulled.WasThere);
                json.WriteStartArray("files");
                foreach (var file in pulled.Files)
                {
                    json.WriteStartObject();
                    json.WriteString("file", file.Path);
                    json.WriteString("source", file.Source);
                    json.WriteNumber("size_bytes", file.SizeBytes);
                    json.WriteString("sha256", file.Sha256);
                    json.WriteBoolean("verified", file.IsVerified);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            });
            return;
        }

        foreach (var file in pulled.Files)
        {
            var check = file.IsVerified ? "SHA-256 as listed" : "nobody lists its SHA-256";
            host.Error.WriteLine($"routerd: {file.Path}: {ByteText.Bytes(file.SizeBytes)}, {check}{(pulled.WasThere ? ", was there already" : "")}");
        }

        if (report is null)
        {
            host.Error.WriteLine("routerd: a configured model has the same name, so the daemon does not serve the file: rename one of them");
            return;
        }

        host.Out.WriteLine(report.Model.Id);
        host.Error.WriteLine($"routerd: a running daemon serves it at once; ask for \"model\": \"{report.Model.Id}\" (routerd models info {report.Model.Id})");
    }
}
