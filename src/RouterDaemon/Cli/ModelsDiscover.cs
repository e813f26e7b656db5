using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RouterDaemon.Config.Schema;
using RouterDaemon.Engine;
using RouterDaemon.Fleet.Found;

namespace RouterDaemon.Cli;

/// <summary><c>routerd models discover</c>: GGUF files that other programs downloaded, and links to them; the daemon need not run.</summary>
internal static class ModelsDiscover
{
    private const string All = "all";

    public static Command Create(CliHost host)
    {
        var json = GlobalOptions.Json();
        var link = new Option<string[]>("--link")
        {
            Description = "Link these models into the models folder, as named in the list; none or \"all\" = every one that can be served.",
            HelpName = "NAME",
            Arity = ArgumentArity.ZeroOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("discover", "GGUF files that Ollama, LM Studio, llama.cpp or Hugging Face's tools downloaded. Nothing is copied or deleted.") { link, json };
        command.SetAction((parsed, cancellation) =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out var sources) is not { } loaded)
            {
                return Task.FromResult(ExitCode.BadConfiguration);
            }

            var folder = loaded.Config.ModelsDirectory;
            var folders = ProgramFolders.Of(sources.Environment, sources.UserDirectory);
            var models = ModelDiscovery.Find(folders, folder, cancellation);
            var isDone = parsed.GetResult(link) is null || Link(host, models, parsed.GetValue(link) ?? [], folder);
            if (parsed.GetValue(json))
            {
                WriteJson(host, models);
            }
            else
            {
                WriteTable(host, models, folders);
            }

            return Task.FromResult(isDone ? ExitCode.Done : ExitCode.Failed);
        });
        return command;
    }

    /// <summary>False when a model that was named could not be linked.</summary>
    private static bool Link(CliHost host, List<FoundModel> models, string[] names, string folder)
    {
        var isAll = names.Length == 0 || names.Contains(All, StringComparer.Ordinal);
        var isDone = true;
        foreach (var name in isAll ? models.Where(m => m.Problem is null).Select(m => m.File.Name).ToArray() : names)
        {
            var at = models.FindIndex(m => m.File.Name == name || m.File.NameThere == name || m.OtherNamesThere.Contains(name, StringComparer.Ordinal));
            if (at < 0)
            {
                var near = NearestName.Find(name, models.Select(m => m.File.Name));
                host.Error.WriteLine($"routerd: there is no \"{name}\"" + (near is null ? "" : $", did you mean \"{near}\"?"));
                isDone = false;
            }
            else if (models[at].Problem is { } problem)
            {
                host.Error.WriteLine($"routerd: {name} is not linked: {problem}");
                isDone = false;
            }
            else if (models[at].LinkedAs is null)
            {
                try
                {
                    models[at] = models[at] with { LinkedAs = ModelLinks.Link(models[at], folder) };
                }
                catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or InvalidDataException)
                {
                    host.Error.WriteLine($"routerd: {name} is not linked: {failed.Message}");
                    isDone = false;
                }
            }
        }

        return isDone;
    }

    private static void WriteTable(CliHost host, List<FoundModel> models, IReadOnlyList<(FoundIn Program, string Folder)> folders)
    {
        if (models.Count == 0)
        {
            host.Error.WriteLine($"No GGUF files in {string.Join(", ", folders.Select(f => f.Folder).ToArray())}");
            return;
        }

        var available = MemoryFit.AvailableBytes();
        var table = new CliTable("name", "source", "size", "architecture", "context", "fits", "in the models folder");
        foreach (var model in models)
        {
            var header = model.Problem is null ? model.Header : null;
            var fits = header is null ? default(bool?) : MemoryFit.Of(header, null, available).Fits;
            table.Add(
                (model.File.Name, Tone.Strong), (ProgramFolders.Name(model.File.Program), Tone.Dim), (ByteText.Bytes(model.SizeBytes), Tone.Plain),
                (header?.Architecture ?? "-", Tone.Plain), (header?.ContextTokens.ToString(CultureInfo.InvariantCulture) ?? "-", Tone.Plain),
                fits switch { null => ("-", Tone.Dim), true => ("yes", Tone.Good), false => ("no", Tone.Bad) },
                model.Problem is { } problem ? ($"left out: {problem}", Tone.Warning) : (model.LinkedAs ?? "no", Tone.Plain));
        }

        table.Write(host);
        if (models.Find(m => m.Problem is null && m.LinkedAs is null) is { } free)
        {
            host.Error.WriteLine($"Serve one with \"routerd models discover --link {free.File.Name}\", or all with \"--link all\".");
        }
    }

    private static void WriteJson(CliHost host, List<FoundModel> models)
    {
        var available = MemoryFit.AvailableBytes();
        CliJson.Write(host, json =>
        {
            json.WriteStartArray();
            models.ForEach(m => WriteJson(json, m, available));
            json.WriteEndArray();
        });
    }

    private static void WriteJson(Utf8JsonWriter json, FoundModel model, long availableBytes)
    {
        json.WriteStartObject();
        json.WriteString("name", model.File.Name);
        json.WriteString("source", ProgramFolders.Name(model.File.Program));
        json.WriteString("name_there", model.File.NameThere);
        json.WriteString("file", model.File.Path);
        json.WriteNumber("size_bytes", model.SizeBytes);
        json.WriteString("problem", model.Problem);
        json.WriteString("linked_as", model.LinkedAs);
        if (model is { Problem: null, Header: { } header })
        {
            var fit = MemoryFit.Of(header, null, availableBytes);
            json.WriteString("architecture", header.Architecture);
            json.WriteNumber("context", header.ContextTokens);
            json.WriteBoolean("fits", fit.Fits);
            json.WriteNumber("needed_bytes", fit.NeededBytes);
        }

        json.WriteEndObject();
    }
}
