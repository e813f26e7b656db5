namespace RouterDaemon.Relay;

/// <summary>64-bit FNV-1a over UTF-16 code units (Fowler, Noll, Vo): the same number in every process.</summary>
internal static class Fnv1a
{
    /// <summary>Hash of a text.</summary>
    public static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash;
    }
}
