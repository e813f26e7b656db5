using System.Buffers;
using System.Text;

namespace RouterDaemon.Core.Wire;

/// <summary>The alphabet of HTTP/1 heads (RFC 9110, section 5.6.2; RFC 9112).</summary>
public static class HttpTokens
{
    /// <summary>Bytes that a name or a method cannot hold.</summary>
    public static readonly SearchValues<byte> NotToken = SearchValues.Create(Bytes(static b => !IsToken(b)));

    /// <summary>Bytes that a value cannot hold: control characters, of which HTAB alone is text.</summary>
    public static readonly SearchValues<byte> NotText = SearchValues.Create(Bytes(static b => b is < 0x20 and not (byte)'\t' or 0x7F));

    /// <summary>True for a byte of a name.</summary>
    public static bool IsToken(byte b) => char.IsAsciiLetterOrDigit((char)b) || "!#$%&'*+-.^_`|~".Contains((char)b);

    /// <summary>What a <c>Connection</c> line adds to those before it: <c>close</c> wins, whichever line says it.</summary>
    public static ConnectionOption Connection(ReadOnlySpan<byte> value, ConnectionOption sofar)
    {
        while (!value.IsEmpty)
        {
            var comma = value.IndexOf((byte)',');
            var option = (comma < 0 ? value : value[..comma]).Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(option, "close"u8))
            {
                return ConnectionOption.Close;
            }

            if (sofar == ConnectionOption.None && Ascii.EqualsIgnoreCase(option, "keep-alive"u8))
            {
                sofar = ConnectionOption.KeepAlive;
            }

            value = comma < 0 ? default : value[(comma + 1)..];
        }

        return sofar;
    }

    private static byte[] Bytes(Func<byte, bool> take)
    {
        var found = new List<byte>(256);
        for (var b = 0; b < 256; b++)
        {
            if (take((byte)b))
            {
                found.Add((byte)b);
            }
        }

        return [.. found];
    }
}
