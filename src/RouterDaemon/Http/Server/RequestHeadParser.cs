using System.Buffers.Text;
using System.Text;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Http.Server;

/// <summary>
/// Reads the head of an HTTP/1.x request (RFC 9112) in place. Strict where leniency lets two readers disagree: lines end with CRLF, names
/// are tokens, no folding, one length or one chunked coding and never both, one host.
/// </summary>
internal static class RequestHeadParser
{
    /// <summary>A request line of the longest kind with its CRLF.</summary>
    private const int LongestFirst = ServerLimits.MaxRequestLineBytes + 2;

    /// <summary>Reads the head at the start of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">Bytes received so far.</param>
    /// <param name="scanned">0 at first; kept by the caller while more bytes are needed, so that none is searched twice.</param>
    /// <param name="head">Filled when the head is complete; has its fault when it cannot be served.</param>
    public static HeadResult Parse(ReadOnlySpan<byte> buffer, ref int scanned, RequestHead head)
    {
        head.Clear();
        if (buffer.Length > 0 && !HttpTokens.IsToken(buffer[0]))
        {
            return Refuse(head, ApiError.BadRequest("This is not HTTP: a request begins with a method."));
        }

        var end = buffer[scanned..].IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            scanned = Math.Max(0, buffer.Length - 3);
            return buffer.Length >= LongestFirst && buffer[..LongestFirst].IndexOf("\r\n"u8) < 0
                ? Refuse(head, TooLongLine())
                : buffer.Length >= ServerLimits.MaxHeadBytes ? Refuse(head, TooLarge()) : HeadResult.Incomplete;
        }

        head.Length = scanned + end + 4;
        // The last line keeps its CRLF, so that every line has one.
        var lines = buffer[..(head.Length - 2)];
        var first = lines.IndexOf("\r\n"u8);
        if (first > ServerLimits.MaxRequestLineBytes)
        {
            return Refuse(head, TooLongLine());
        }

        if (head.Length > ServerLimits.MaxHeadBytes)
        {
            return Refuse(head, TooLarge());
        }

        if (!RequestLine(lines[..first], head))
        {
            return HeadResult.Invalid;
        }

        var at = first + 2;
        while (at < lines.Length)
        {
            if (head.Count == ServerLimits.MaxHeaders)
            {
                return Refuse(head, new ApiError(431, "invalid_request_error", "headers_too_large", $"The request has more than {ServerLimits.MaxHeaders} headers."));
            }

            var length = lines[at..].IndexOf("\r\n"u8);
            if (!Header(lines.Slice(at, length), at, head))
            {
                return HeadResult.Invalid;
            }

            at += length + 2;
        }

        return CheckFraming(head);
    }

    private static HeadResult CheckFraming(RequestHead head)
    {
        if (head.IsChunked && head.ContentLength >= 0)
        {
            // How one request is made to look like two.
            return Refuse(head, ApiError.BadRequest("The request has both Content-Length and Transfer-Encoding."));
        }

        if (head.IsChunked && !head.IsHttp11)
        {
            return Refuse(head, ApiError.BadRequest("HTTP/1.0 has no Transfer-Encoding."));
        }

        // HTTP/1.0 knows no interim answers (RFC 9110, section 10.1.1).
        head.ExpectsContinue &= head.IsHttp11;
        return head.Hosts == 1 || (head.Hosts == 0 && !head.IsHttp11)
            ? HeadResult.Complete
            : Refuse(head, ApiError.BadRequest(head.Hosts == 0 ? "The request has no Host header." : "The request has more than one Host header."));
    }

    private static bool RequestLine(ReadOnlySpan<byte> line, RequestHead head)
    {
        // method SP request-target SP HTTP/1.x
        var method = line.IndexOf((byte)' ');
        var version = line.LastIndexOf((byte)' ');
        if (method <= 0 || version <= method + 1 || line[..method].ContainsAny(HttpTokens.NotToken)
            || line[(method + 1)..version].ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return Fail(head, ApiError.BadRequest("The request line is not \"METHOD /path HTTP/1.1\"."));
        }

        var protocol = line[(version + 1)..];
        if (!protocol.StartsWith("HTTP/"u8) || protocol.Length != 8 || protocol[6] != '.')
        {
            return Fail(head, ApiError.BadRequest("The request line does not end with HTTP/1.1."));
        }

        if (protocol[5] != '1' || protocol[7] is not ((byte)'0' or (byte)'1'))
        {
            return Fail(head, new ApiError(505, "invalid_request_error", "http_version_not_supported", "This port speaks HTTP/1.1 and HTTP/1.0."));
        }

        head.Method = new ByteRange(0, method);
        head.Target = new ByteRange(method + 1, version - method - 1);
        head.IsHttp11 = protocol[7] == '1';
        return true;
    }

    private static bool Header(ReadOnlySpan<byte> line, int offset, RequestHead head)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAny(HttpTokens.NotToken) || line[(colon + 1)..].ContainsAny(HttpTokens.NotText))
        {
            return Fail(head, ApiError.BadRequest($"Header line {head.Count + 1} is not \"Name: value\"."));
        }

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

        var name = line[..colon];
        var value = line[start..end];
        var range = new ByteRange(offset + start, value.Length);
        head.Add(new ByteRange(offset, colon), range);
        switch (colon)
        {
            case 4 when Is(name, "host"u8):
                head.Host = range;
                head.Hosts++;
                return true;
            case 6 when Is(name, "expect"u8):
                head.ExpectsContinue = Is(value, "100-continue"u8);
                return true;
            case 10 when Is(name, "connection"u8):
                head.Connection = HttpTokens.Connection(value, head.Connection);
                return true;
            case 14 when Is(name, "content-length"u8):
                return ContentLength(value, head);
            case 17 when Is(name, "transfer-encoding"u8):
                if (head.IsChunked || !Is(value, "chunked"u8))
                {
                    return Fail(head, new ApiError(501, "invalid_request_error", "transfer_encoding", "The only Transfer-Encoding taken is chunked, once."));
                }

                head.IsChunked = true;
                return true;
            default:
                return true;
        }
    }

    private static bool ContentLength(ReadOnlySpan<byte> value, RequestHead head)
    {
        // 18 digits cannot overflow. Repeated, it must say the same.
        if (value.Length is 0 or > 18 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !Utf8Parser.TryParse(value, out long length, out _) || (head.ContentLength >= 0 && head.ContentLength != length))
        {
            return Fail(head, ApiError.BadRequest("Content-Length is not one number."));
        }

        head.ContentLength = length;
        return true;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(text, lower);

    private static ApiError TooLongLine() =>
        new(414, "invalid_request_error", "uri_too_long", $"The request line has more than {ServerLimits.MaxRequestLineBytes} bytes.");

    private static ApiError TooLarge() =>
        new(431, "invalid_request_error", "headers_too_large", $"The request's head has more than {ServerLimits.MaxHeadBytes} bytes.");

    private static bool Fail(RequestHead head, ApiError fault)
    {
        head.Fault = fault;
        return false;
    }

    private static HeadResult Refuse(RequestHead head, ApiError fault)
    {
        head.Fault = fault;
        return HeadResult.Invalid;
    }
}
