using System.Globalization;
using System.Text.RegularExpressions;

namespace RouterDaemon.Engine.Gguf;

/// <summary>Names of the files of a split model, as llama.cpp writes and finds them: <c>NAME-00001-of-00003.gguf</c>.</summary>
public static partial class GgufParts
{
    /// <summary>Splits a file's name, without <c>.gguf</c>, into the model's name and the part; null for a file that is no part.</summary>
    public static (string Name, int Part, int Parts)? Parse(string name)
    {
        Match match = Suffix().Match(name);
        if (!match.Success)
            return null;
        int part = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        int parts = int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        return part >= 1 && part <= parts ? (name[..match.Index], part, parts) : null;
    }

    /// <summary>Name of a part, without <c>.gguf</c>.</summary>
    public static string Name(string name, int part, int parts) => string.Create(CultureInfo.InvariantCulture, $"{name}-{part:00000}-of-{parts:00000}");

    /// <summary>Paths of the parts after the first, in its folder.</summary>
    /// <param name="firstPath">The first part.</param>
    /// <param name="parts">How many there are, as its header says.</param>
    /// <exception cref="InvalidDataException">The first part is not named as such, or a part is missing.</exception>
    public static IReadOnlyList<string> Others(string firstPath, long parts)
    {
        if (Parse(Path.GetFileNameWithoutExtension(firstPath)) is not { Part: 1 } first || first.Parts != parts)
            throw new InvalidDataException($"{firstPath} is the first of {parts} parts, but is not named so (NAME-00001-of-{parts:00000}.gguf)");
        List<string> others = new(first.Parts);
        for (int part = 2; part <= first.Parts; part++)
        {
            string path = Path.Combine(Path.GetDirectoryName(firstPath) ?? "", Name(first.Name, part, first.Parts) + ".gguf");
            if (!File.Exists(path))
                throw new InvalidDataException($"{path} is missing: the model has {parts} parts");
            others.Add(path);
        }
        return others;
    }

    [GeneratedRegex(@"-(\d{5})-of-(\d{5})$")]
    private static partial Regex Suffix();
}
