using System.Buffers.Text;
using System.Text;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Backends.Http1;

/// <summary>
/// Reads the head of an HTTP/1.x response (RFC 9112) in place. Strict where leniency lets two readers disagree: lines end with
/// CRLF, names are tokens, no folding, one length and one transfer coding at most and never both.
/// </summary>
internal static class Http1HeadParser
{
    /// <summary>Largest head, the empty line included.</summary>
    public const int MaxHeadBytes = 64 * 1024;

    /// <summary>Most header lines of one head.</summary>
    public const int MaxHeaders = 256;

    /// <summary>Reads the head at the start of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">Bytes received so far.</param>
    /// <param name="scanned">0 at first; kept by the caller while more bytes are needed, so that none is searched twice.</param>
    /// <param name="head">The head, when it is complete.</param>
    public static HeadResult Parse(ReadOnlySpan<byte> buffer, ref int scanned, out Http1Head head)
    {
        head = default;
        var end = buffer[scanned..].IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            scanned = Math.Max(0, buffer.Length - 3);
            return buffer.Length >= MaxHeadBytes ? HeadResult.TooLarge
                : LooksLikeHttp(buffer) ? HeadResult.Incomplete : HeadResult.Invalid;
        }

        head.Length = scanned + end + 4;
        if (head.Length > MaxHeadBytes)
        {
            return HeadResult.TooLarge;
        }

        // The last line keeps its CRLF, so that every line has one.
        var lines = buffer[..(head.Length - 2)];
        var first = lines.IndexOf("\r\n"u8);
        if (!StatusLine(lines[..first], ref head))
        {
            return HeadResult.Invalid;
        }

        head.ContentLength = -1;
        var at = first + 2;
        var count = 0;
        while (at < lines.Length)
        {
            if (++count > MaxHeaders)
            {
                return HeadResult.TooLarge;
            }

            var length = lines[at..].IndexOf("\r\n"u8);
            if (!Header(lines.Slice(at, length), at, ref head))
            {
                return HeadResult.Invalid;
            }

            at += length + 2;
        }

        // Both at once is how one answer is made to look like two.
        return head is { IsChunked: true, ContentLength: >= 0 } ? HeadResult.Invalid : HeadResult.Complete;
    }

    /// <summary>A peer that speaks something else is known by its first bytes, not by the time it falls silent.</summary>
    private static bool LooksLikeHttp(ReadOnlySpan<byte> buffer)
    {
        var start = "HTTP/1."u8;
        return buffer.Length >= start.Length ? buffer.StartsWith(start) : start.StartsWith(buffer);
    }

    private static bool StatusLine(ReadOnlySpan<byte> line, ref Http1Head head)
    {
        // HTTP/1.x SP 3DIGIT [SP reason]
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' '
            || (line.Length > 12 && line[12] != ' ') || line.ContainsAny(HttpTokens.NotText))
        {
            return false;
        }

        for (var i = 9; i < 12; i++)
        {
            if (line[i] is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            head.Status = (head.Status * 10) + line[i] - '0';
        }

        head.IsHttp11 = line[7] == '1';
        return head.Status is >= 100 and <= 599;
    }

    private static bool Header(ReadOnlySpan<byte> line, int offset, ref Http1Head head)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAny(HttpTokens.NotToken) || line[(colon + 1)..].ContainsAny(HttpTokens.NotText))
        {
            return false;
        }

        var name = line[..colon];
        var start = colon + 1;
        while (start < line.Length && line[start] is (byte)' ' or (byte)'\t')
        {
            start++;
        }

        var end = line.Length;
        while (end > start && line[end - 1] is (byte)' ' or (byte)'\t')
        {
            end--;
        }

        var value = line[start..end];
        var range = new ByteRange(offset + start, value.Length);
        switch (name.Length)
        {
            case 4 when Is(name, "date"u8):
                head.Date = range;
                break;
            case 10 when Is(name, "connection"u8):
                head.Connection = HttpTokens.Connection(value, head.Connection);
                break;
            case 11 when Is(name, "retry-after"u8):
                head.RetryAfter = range;
                break;
            case 12 when Is(name, "content-type"u8):
                head.MediaType = new ByteRange(range.Offset, MediaTypeLength(value));
                break;
            case 14 when Is(name, "content-length"u8):
                return ContentLength(value, ref head);
            case 15 when Is(name, "x-session-token"u8):
                head.SessionToken = range;
                break;
            case 16 when Is(name, "content-encoding"u8):
                head.IsEncoded |= value.Length > 0 && !Is(value, "identity"u8);
                break;
            case 17 when Is(name, "transfer-encoding"u8):
                // Any other coding, and chunked twice, cannot be undone here.
                if (head.IsChunked || !Is(value, "chunked"u8))
                {
                    return false;
                }

                head.IsChunked = true;
                break;
            case 21 when Is(name, "endpoint-load-metrics"u8):
                head.Load = range;
                break;
            case 30 when Is(name, "x-llm-d-request-dropped-reason"u8):
                head.DroppedReason = range;
                break;
        }

        return true;
    }

    private static bool ContentLength(ReadOnlySpan<byte> value, ref Http1Head head)
    {
        // 18 digits cannot overflow. Repeated, it must say the same.
        if (value.Length is 0 or > 18 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !Utf8Parser.TryParse(value, out long length, out _) || (head.ContentLength >= 0 && head.ContentLength != length))
        {
            return false;
        }

        head.ContentLength = length;
        return true;
    }

    private static int MediaTypeLength(ReadOnlySpan<byte> value)
    {
        var end = value.IndexOf((byte)';');
        end = end < 0 ? value.Length : end;
        while (end > 0 && value[end - 1] is (byte)' ' or (byte)'\t')
        {
            end--;
        }

        return end;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(text, lower);
}
