using System.Text.Json;

namespace RouterDaemon.Fleet.Found;

/// <summary>
/// Ollama's store: a manifest for each model in <c>manifests/HOST/NAMESPACE/MODEL/TAG</c> names the blob <c>blobs/sha256-...</c> that is its GGUF file.
/// </summary>
internal static class OllamaModels
{
    private const string ModelLayer = "application/vnd.ollama.image.model";
    private const string UsualHost = "registry.ollama.ai";
    private const int ManifestSteps = 4;
    private const int MaxManifestBytes = 1 << 20;

    public static IEnumerable<FoundFile> Find(string folder)
    {
        var manifests = Path.Combine(folder, "manifests");
        foreach (var manifest in GgufFolder.Files(manifests, "*"))
        {
            var steps = Path.GetRelativePath(manifests, manifest).Split(Path.DirectorySeparatorChar);
            if (steps.Length == ManifestSteps && Layer(manifest) is { } layer)
            {
                yield return new FoundFile(
                    FoundIn.Ollama, Name(steps[2], steps[3]), NameThere(steps), Path.Combine(folder, "blobs", layer.Digest.Replace(':', '-')), layer.Bytes);
            }
        }
    }

    // As "ollama list" shows it.
    private static string NameThere(string[] steps) => steps switch
    {
        [UsualHost, "library", var model, var tag] => $"{model}:{tag}",
        [UsualHost, var space, var model, var tag] => $"{space}/{model}:{tag}",
        _ => $"{steps[0]}/{steps[1]}/{steps[2]}:{steps[3]}",
    };

    private static string Name(string model, string tag)
    {
        model = model.EndsWith("-GGUF", StringComparison.OrdinalIgnoreCase) ? model[..^"-GGUF".Length] : model;
        return tag == "latest" ? model : $"{model}-{tag}";
    }

    private static (string Digest, long Bytes)? Layer(string manifest)
    {
        try
        {
            if (new FileInfo(manifest).Length > MaxManifestBytes)
            {
                return null;
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(manifest));
            foreach (var layer in document.RootElement.GetProperty("layers").EnumerateArray())
            {
                if (layer.GetProperty("mediaType").GetString() == ModelLayer && layer.GetProperty("digest").GetString() is { } digest && IsDigest(digest))
                {
                    return (digest, layer.GetProperty("size").GetInt64());
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Not a manifest.
        }

        return null;
    }

    private static bool IsDigest(string text) =>
        text.StartsWith("sha256:", StringComparison.Ordinal) && text.Length == "sha256:".Length + 64 && text["sha256:".Length..].All(char.IsAsciiHexDigitLower);
}
