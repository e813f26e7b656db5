using System.Text;

namespace RouterDaemon.Engine.Grammar;

/// <summary>A JSON string that is none of the names given, written without escapes so that it cannot spell one of them another way.</summary>
internal static class KeyExclusion
{
    private const string Plain = "[^\"\\\\\\x7F\\x00-\\x1F]";

    public static string Rule(GrammarBuilder grammar, IEnumerable<string> names)
    {
        string[] all = [.. names.Distinct(StringComparer.Ordinal)];
        return grammar.Add($"\"\\\"\" {Not(grammar, all, 0)}");
    }

    /// <summary>The rest of a string, closing quote included, after a prefix that all names share up to <paramref name="depth"/>.</summary>
    private static string Not(GrammarBuilder grammar, string[] names, int depth)
    {
        List<string> parts = [];
        StringBuilder taken = new();
        foreach (IGrouping<Rune, string> group in names.Where(n => depth < Count(n)).GroupBy(n => n.EnumerateRunes().ElementAt(depth)))
        {
            string c = GrammarBuilder.ClassChar(group.Key.Value);
            taken.Append(c);
            parts.Add($"[{c}] {Not(grammar, [.. group], depth + 1)}");
        }
        parts.Add($"[^{taken}\"\\\\\\x7F\\x00-\\x1F] {Plain}* \"\\\"\"");
        if (!names.Any(n => Count(n) == depth))
            parts.Add("\"\\\"\"");
        return grammar.Add(string.Join(" | ", parts));
    }

    private static int Count(string text) => text.EnumerateRunes().Count();
}
