using System.CommandLine;
using RouterDaemon.Fleet;
using RouterDaemon.Fleet.Found;

namespace RouterDaemon.Cli;

/// <summary><c>routerd models add FILE</c>: serve a GGUF file that lies anywhere, by a link in the models folder; the daemon need not run.</summary>
internal static class ModelsAdd
{
    public static Command Create(CliHost host)
    {
        var json = GlobalOptions.Json();
        var file = new Argument<string>("FILE") { Description = "A GGUF file; of a split model the first part." };
        var name = new Option<string?>("--name") { Description = "What the model is to be called; left out = as the file." };
        var command = new Command("add", "Serve a GGUF file that lies anywhere, by a link in the models folder. Nothing is copied.") { file, name, json };
        command.SetAction(parsed =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
            }

            var path = Path.GetFullPath(parsed.GetValue(file)!);
            var model = ModelDiscovery.Of(path, parsed.GetValue(name), loaded.Config.ModelsDirectory);
            if (model.Problem is { } problem)
            {
                host.Error.WriteLine($"routerd: {path} is not added: {problem}");
                return ExitCode.Failed;
            }

            try
            {
                Write(host, path, model.LinkedAs ?? ModelLinks.Link(model, loaded.Config.ModelsDirectory), parsed.GetValue(json));
                return ExitCode.Done;
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                host.Error.WriteLine($"routerd: {path} is not added: {failed.Message}");
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static void Write(CliHost host, string path, string linkedAs, bool asJson)
    {
        var id = ModelsFolder.IdOf(Path.GetFileNameWithoutExtension(linkedAs));
        if (asJson)
        {
            CliJson.Write(host, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("id", id);
                writer.WriteString("deployment", id + "/local");
                writer.WriteString("file", path);
                writer.WriteString("linked_as", linkedAs);
                writer.WriteEndObject();
            });
            return;
        }

        host.Out.WriteLine(id);
        host.Error.WriteLine($"routerd: a running daemon serves it at once; ask for \"model\": \"{id}\" (routerd models info {id})");
    }
}
