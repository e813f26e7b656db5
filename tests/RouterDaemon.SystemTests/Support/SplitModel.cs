using System.Globalization;
using RouterDaemon.RandomModel;

namespace RouterDaemon.SystemTests.Support;

/// <summary>A model in several files, as llama.cpp's gguf-split writes them.</summary>
internal static class SplitModel
{
    /// <summary>The files' names and bytes, first part first; the tensors are dealt out evenly.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Of(string modelPath, string name, int parts)
    {
        string folder = Directory.CreateTempSubdirectory("routerd-split-").FullName;
        try
        {
            return [.. Enumerable.Range(0, parts).Select(part =>
            {
                GgufImage image = GgufImage.Read(modelPath);
                List<GgufTensorData> all = [.. image.Tensors];
                GgufImage file = part == 0 ? image : new GgufImage();
                file.Tensors.Clear();
                file.Tensors.AddRange(all.Where((_, i) => i * parts / all.Count == part));
                file.Set("split.no", (ushort)part);
                file.Set("split.count", (ushort)parts);
                file.Set("split.tensors.count", all.Count);
                string fileName = string.Create(CultureInfo.InvariantCulture, $"{name}-{part + 1:00000}-of-{parts:00000}.gguf");
                string path = Path.Combine(folder, fileName);
                file.Write(path);
                return (fileName, File.ReadAllBytes(path));
            })];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
