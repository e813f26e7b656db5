using RouterDaemon.Config;
using RouterDaemon.Engine.Gguf;

namespace RouterDaemon.Fleet.Found;

/// <summary>Looks at the files that other programs downloaded.</summary>
internal static class ModelDiscovery
{
    /// <summary>Every file that is there, each once whatever leads to it, with a name that no other has.</summary>
    /// <param name="folders">Where to look.</param>
    /// <param name="modelsFolder">The daemon's own folder.</param>
    /// <param name="cancellation">Stops it.</param>
    public static List<FoundModel> Find(IReadOnlyList<(FoundIn Program, string Folder)> folders, string modelsFolder, CancellationToken cancellation)
    {
        var linked = LinkedFiles(modelsFolder);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var models = new List<FoundModel>();
        foreach (var (program, folder) in folders)
        {
            foreach (var file in program == FoundIn.Ollama ? OllamaModels.Find(folder) : GgufFolder.Find(program, folder))
            {
                cancellation.ThrowIfCancellationRequested();
                var target = LinkedFile.Of(file.Path).FullName;
                if (seen.TryAdd(target, models.Count))
                {
                    models.Add(Look(file with { Name = UniqueName(file, names) }, linked.GetValueOrDefault(target)));
                }
                else
                {
                    var first = models[seen[target]];
                    models[seen[target]] = first with { OtherNamesThere = [.. first.OtherNamesThere, file.NameThere] };
                }
            }
        }

        return models;
    }

    /// <summary>One file, looked at.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="name">What it is to be called here; null = as the file.</param>
    /// <param name="modelsFolder">The daemon's own folder.</param>
    public static FoundModel Of(string path, string? name, string modelsFolder)
    {
        var file = new FoundFile(FoundIn.Named, Names.Clean(name ?? Path.GetFileNameWithoutExtension(path)), path, path);
        return Look(file, LinkedFiles(modelsFolder).GetValueOrDefault(LinkedFile.Of(path).FullName));
    }

    private static Dictionary<string, string> LinkedFiles(string modelsFolder)
    {
        var linked = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Directory.Exists(modelsFolder) ? Directory.GetFiles(modelsFolder, "*.gguf") : [])
        {
            linked.TryAdd(LinkedFile.Of(path).FullName, Path.GetFileName(path));
        }

        return linked;
    }

    private static string UniqueName(FoundFile file, HashSet<string> names)
    {
        var clean = Names.Clean(file.Name.Replace('/', '-').TrimStart('.'));
        var name = clean;
        for (var next = 1; !names.Add(name); next++)
        {
            var program = ProgramFolders.Name(file.Program);
            name = next == 1 ? $"{program}-{clean}" : $"{program}{next}-{clean}";
        }

        return name;
    }

    private static FoundModel Look(FoundFile file, string? linkedAs)
    {
        var info = LinkedFile.Of(file.Path);
        if (!info.Exists)
        {
            return new FoundModel(file, 0, null, "the file is missing", linkedAs);
        }

        if (info.Length < file.ListedBytes)
        {
            return new FoundModel(file, info.Length, null, $"{info.Length} of {file.ListedBytes} bytes are there: not downloaded to its end", linkedAs);
        }

        if (GgufParts.Parse(Path.GetFileNameWithoutExtension(file.Path)) is { Part: > 1 } part)
        {
            return new FoundModel(file, info.Length, null, $"part {part.Part} of {part.Parts}; the first stands for all", linkedAs);
        }

        try
        {
            var header = GgufHeader.Read(file.Path);
            return new FoundModel(file, header.FileBytes, header, ProblemOf(header, file), linkedAs);
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new FoundModel(file, info.Length, null, broken.Message.Replace(file.Path, "the file", StringComparison.Ordinal), linkedAs);
        }
    }

    private static string? ProblemOf(GgufHeader header, FoundFile file)
    {
        var type = header.Text("general.type");
        return header.Architecture == "clip" || type == "mmproj" || Path.GetFileName(file.Path).StartsWith("mmproj", StringComparison.OrdinalIgnoreCase)
            ? "a projector for pictures, no model of its own"
            : type is not (null or "model") ? $"its type is \"{type}\", not \"model\""
            : header.Tensors.Count == 0 ? "a vocabulary without weights"
            : null;
    }
}
