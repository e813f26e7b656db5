using System.Text.RegularExpressions;
using RouterDaemon.Config.Schema;
using RouterDaemon.Engine.Gguf;

namespace RouterDaemon.Fleet.Hub;

/// <summary>Which of a repository's files a name means: one model, all parts of it when it is split.</summary>
/// <param name="Files">The files, first part first.</param>
/// <param name="Note">What the user should know of the choice; null = nothing.</param>
internal sealed partial record HubChoice(IReadOnlyList<HubFile> Files, string? Note)
{
    /// <summary>What is taken when no quantisation is named: the first of these that there is. llama.cpp and Ollama begin with the same one.</summary>
    private static readonly string[] Usual = ["Q4_K_M", "Q4_K_S", "Q4_0", "IQ4_XS", "IQ4_NL", "MXFP4", "Q5_K_M", "Q5_K_S", "Q6_K", "Q8_0", "Q3_K_M", "BF16", "F16"];

    /// <param name="repository">For messages.</param>
    /// <param name="files">All its files.</param>
    /// <param name="quantisation">Wanted quantisation; null = the usual one.</param>
    /// <param name="path">Wanted file; null = by quantisation.</param>
    /// <exception cref="PullException">There is no such file; the message names those that there are.</exception>
    public static HubChoice Of(string repository, IReadOnlyList<HubFile> files, string? quantisation, string? path)
    {
        if (path is not null)
        {
            var named = files.FirstOrDefault(f => f.Path == path) ?? throw NoFile(repository, files, path);
            return new HubChoice(Parts(repository, files, named), null);
        }

        // Root before folders, then by name, so that the choice is the same on every day.
        var models = files.Where(f => IsModel(f.Path)).OrderBy(f => f.Path.Count(c => c == '/')).ThenBy(f => f.Path, StringComparer.Ordinal).ToList();
        if (models.Count == 0)
        {
            throw new PullException($"{repository} has no GGUF model; look for a repository with \"GGUF\" in its name");
        }

        if (quantisation is not null)
        {
            var wanted = models.Find(f => QuantisationOf(f.Path).Equals(quantisation, StringComparison.OrdinalIgnoreCase))
                ?? throw new PullException($"{repository} has no {quantisation}; it has {Names(models)}");
            return new HubChoice(Parts(repository, files, wanted), null);
        }

        foreach (var usual in Usual)
        {
            if (models.Find(f => QuantisationOf(f.Path).Equals(usual, StringComparison.OrdinalIgnoreCase)) is { } found)
            {
                return new HubChoice(Parts(repository, files, found), usual == Usual[0] ? null : $"{repository} has no {Usual[0]}: {usual} is taken");
            }
        }

        return new HubChoice(
            Parts(repository, files, models[0]), models.Count == 1 ? null : $"{repository} has no {Usual[0]}: {models[0].Path} is taken, of {Names(models)}");
    }

    /// <summary>The quantisation in a file's name or, where its name has none, in its folder's; empty = none is named.</summary>
    public static string QuantisationOf(string path)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(path);
        name = GgufParts.Parse(name)?.Name ?? name;
        var bare = ModelsFolder.IdOf(name);
        if (bare.Length < name.Length)
        {
            return Dynamic().Replace(name[bare.Length..].TrimStart('-', '_', '.'), "");
        }

        var folder = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(path)) ?? "";
        bare = ModelsFolder.IdOf("m-" + folder);
        return bare == "m" ? Dynamic().Replace(folder, "") : "";
    }

    /// <summary>False for what lies beside models: projectors for pictures, importance matrices, parts after the first.</summary>
    private static bool IsModel(string path)
    {
        var name = System.IO.Path.GetFileName(path);
        return name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && PullName.IsSegment(name)
            && !name.Contains("mmproj", StringComparison.OrdinalIgnoreCase) && !name.Contains("imatrix", StringComparison.OrdinalIgnoreCase)
            && GgufParts.Parse(System.IO.Path.GetFileNameWithoutExtension(name)) is null or { Part: 1 };
    }

    private static IReadOnlyList<HubFile> Parts(string repository, IReadOnlyList<HubFile> files, HubFile one)
    {
        if (GgufParts.Parse(System.IO.Path.GetFileNameWithoutExtension(one.Path)) is not { } split)
        {
            return [one];
        }

        var folder = one.Path[..(one.Path.LastIndexOf('/') + 1)];
        var parts = new List<HubFile>(split.Parts);
        for (var part = 1; part <= split.Parts; part++)
        {
            var path = $"{folder}{GgufParts.Name(split.Name, part, split.Parts)}.gguf";
            parts.Add(files.FirstOrDefault(f => f.Path == path) ?? throw new PullException($"{repository} has no {path}: the model's {split.Parts} parts are not complete"));
        }

        return parts;
    }

    private static PullException NoFile(string repository, IReadOnlyList<HubFile> files, string path)
    {
        var near = NearestName.Find(path, files.Select(f => f.Path).Where(p => p.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)));
        return new PullException($"{repository} has no file {path}" + (near is null ? "" : $", did you mean {near}?"));
    }

    private static string Names(List<HubFile> models)
    {
        const int Shown = 30;
        var names = models.Select(f => QuantisationOf(f.Path) is { Length: > 0 } quantisation ? quantisation : f.Path).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        return string.Join(", ", names.Take(Shown)) + (names.Count > Shown ? ", ..." : "");
    }

    [GeneratedRegex("^UD-", RegexOptions.IgnoreCase)]
    private static partial Regex Dynamic();
}
