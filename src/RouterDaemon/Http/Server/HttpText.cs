using System.Text;

namespace RouterDaemon.Http.Server;

/// <summary>Strings out of a connection's bytes.</summary>
internal static class HttpText
{
    private static readonly string[] Methods = ["GET", "POST", "HEAD", "OPTIONS", "DELETE", "PUT", "PATCH"];

    /// <summary>The text of these bytes: the last one again when it says the same.</summary>
    public static string Same(ReadOnlySpan<byte> bytes, string? last) =>
        last is not null && bytes.Length == last.Length && Ascii.Equals(bytes, last) ? last : Encoding.UTF8.GetString(bytes);

    /// <summary>A method's name; the usual ones without an allocation.</summary>
    public static string Method(ReadOnlySpan<byte> bytes)
    {
        foreach (var method in Methods)
        {
            if (Ascii.Equals(bytes, method))
            {
                return method;
            }
        }

        return Encoding.ASCII.GetString(bytes);
    }

    /// <summary>
    /// The path that a target stands for: percent-encodings decoded but for that of the slash, <c>.</c> and <c>..</c> resolved (RFC 3986,
    /// sections 2.4 and 5.2.4). Null = an encoding of something that is no text.
    /// </summary>
    public static string? Path(string target)
    {
        var path = target;
        if (path.Contains('%'))
        {
            path = Decode(path);
        }

        return path is not null && path.Contains("/.", StringComparison.Ordinal) ? WithoutDots(path) : path;
    }

    private static string? Decode(string path)
    {
        var bytes = new byte[path.Length];
        var count = 0;
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '%' && i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2]))
            {
                var value = Convert.FromHexString(path.AsSpan(i + 1, 2))[0];
                if (value == 0)
                {
                    return null;
                }

                if (value != '/')
                {
                    bytes[count++] = value;
                    i += 2;
                    continue;
                }
            }

            bytes[count++] = (byte)path[i];
        }

        var decoded = bytes.AsSpan(0, count);
        return System.Text.Unicode.Utf8.IsValid(decoded) ? Encoding.UTF8.GetString(decoded) : null;
    }

    private static string WithoutDots(string path)
    {
        var kept = new List<string>();
        var parts = path.Split('/');
        for (var i = 1; i < parts.Length; i++)
        {
            switch (parts[i])
            {
                case "." or "..":
                    if (parts[i] == ".." && kept.Count > 0)
                    {
                        kept.RemoveAt(kept.Count - 1);
                    }

                    if (i == parts.Length - 1)
                    {
                        kept.Add("");
                    }

                    break;
                default:
                    kept.Add(parts[i]);
                    break;
            }
        }

        return "/" + string.Join('/', kept);
    }
}
