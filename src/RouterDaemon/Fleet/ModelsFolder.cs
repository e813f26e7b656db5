using System.Text.RegularExpressions;
using RouterDaemon.Config;
using RouterDaemon.Engine.Gguf;

namespace RouterDaemon.Fleet;

/// <summary>The GGUF files of the models folder: each is a deployment without being configured.</summary>
internal static partial class ModelsFolder
{
    /// <summary>Files of the folder as models, by name. A folder that does not exist has none.</summary>
    public static IReadOnlyList<OnDeviceModelConfig> Scan(string directory)
    {
        string[] files;
        try
        {
            files = Directory.Exists(directory) ? Directory.GetFiles(directory, "*.gguf") : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }

        Array.Sort(files, StringComparer.Ordinal);
        var models = new List<OnDeviceModelConfig>(files.Length);
        foreach (var file in files)
        {
            var name = Path.GetFileNameWithoutExtension(file);
            var part = GgufParts.Parse(name);
            // Of a link whose file is gone nothing is left.
            if (part is { Part: not 1 } || !LinkedFile.Of(file).Exists)
            {
                continue;
            }

            var id = IdOf(part?.Name ?? name);
            if (models.TrueForAll(m => m.Id != id))
            {
                models.Add(new OnDeviceModelConfig { Id = id, FilePath = file });
            }
            else
            {
                // Two quantisations of one model: the second keeps its full name.
                models.Add(new OnDeviceModelConfig { Id = name, FilePath = file });
            }
        }

        return models;
    }

    /// <summary>A file's name without its quantisation suffix: <c>Qwen3-0.6B-Q8_0</c> is <c>Qwen3-0.6B</c>.</summary>
    public static string IdOf(string fileName)
    {
        if (fileName == "routerd-tiny-1m")
        {
            return "tiny";
        }

        var suffix = Quantisation().Match(fileName);
        return suffix.Success && suffix.Index > 0 ? fileName[..suffix.Index] : fileName;
    }

    /// <summary>File types of llama.cpp (<c>include/llama.h</c>, llama_ftype) as publishers write them.</summary>
    [GeneratedRegex(@"[-_.](?:(?:UD-)?(?:I?Q[1-8](?:_[0-9KSMLX]+)*|TQ[12]_0|MXFP4(?:_MOE)?|B?F16|FP16|F32|FP32|BF16))$", RegexOptions.IgnoreCase)]
    private static partial Regex Quantisation();
}
