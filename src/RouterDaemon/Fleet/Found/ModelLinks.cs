using RouterDaemon.Engine.Gguf;

namespace RouterDaemon.Fleet.Found;

/// <summary>Symbolic links in the models folder to files that lie elsewhere. Nothing is copied, replaced or deleted.</summary>
internal static class ModelLinks
{
    /// <summary>Links a model, all parts of it when it is split. Answers with the name of the file that stands for it.</summary>
    /// <exception cref="IOException">A link cannot be made, or another file has its name.</exception>
    public static string Link(FoundModel model, string modelsFolder)
    {
        Directory.CreateDirectory(modelsFolder);
        var path = model.File.Path;
        if (GgufParts.Parse(Path.GetFileNameWithoutExtension(path)) is not { } split)
        {
            return LinkOne(model.File.Name + ".gguf", path, modelsFolder);
        }

        var name = GgufParts.Parse(model.File.Name)?.Name ?? model.File.Name;
        var others = GgufParts.Others(path, split.Parts);

        // The first part comes last: with it the daemon takes the model for whole.
        for (var part = split.Parts; part > 1; part--)
        {
            LinkOne(GgufParts.Name(name, part, split.Parts) + ".gguf", others[part - 2], modelsFolder);
        }

        return LinkOne(GgufParts.Name(name, 1, split.Parts) + ".gguf", path, modelsFolder);
    }

    private static string LinkOne(string name, string target, string modelsFolder)
    {
        var link = Path.Combine(modelsFolder, name);
        if (File.Exists(link) || new FileInfo(link).LinkTarget is not null)
        {
            return LinkedFile.Of(link).FullName == LinkedFile.Of(target).FullName ? name : throw new IOException($"{link} is another file of that name: move it away first");
        }

        File.CreateSymbolicLink(link, target);
        return name;
    }
}
