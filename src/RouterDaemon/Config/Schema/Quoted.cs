namespace RouterDaemon.Config.Schema;

/// <summary>Words for messages and paths.</summary>
internal static class Quoted
{
    private const int MaxShown = 60;

    /// <summary>In quotes on one line, control characters escaped, long text cut.</summary>
    public static string Text(string text)
    {
        var shown = text.Length > MaxShown ? text[..MaxShown] + "..." : text;
        return "\"" + string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString())) + "\"";
    }

    /// <summary>The path of a key below another: <c>a.b</c>, or <c>a["b.c"]</c> where the key is no plain word.</summary>
    public static string Key(string path, string key)
    {
        var plain = key.Length is > 0 and <= MaxShown && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        return plain ? (path.Length == 0 ? key : $"{path}.{key}") : $"{path}[{Text(key)}]";
    }

    public static string Index(string path, int index) => $"{path}[{index}]";

    /// <summary><c>a, b or c</c>.</summary>
    public static string OneOf(IReadOnlyList<string> words) => words.Count switch
    {
        0 => "nothing",
        1 => words[0],
        _ => string.Join(", ", words.Take(words.Count - 1)) + " or " + words[^1],
    };
}
