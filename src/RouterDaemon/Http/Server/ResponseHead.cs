using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace RouterDaemon.Http.Server;

/// <summary>Writes the head of a response.</summary>
internal static class ResponseHead
{
    private static readonly SearchValues<char> Text = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c), '\t']);

    /// <summary>Most bytes that <see cref="Write"/> writes for these headers.</summary>
    public static int MaxBytes(WireResponseHeaders headers)
    {
        var bytes = 256;
        foreach (var (name, value) in headers.Lines)
        {
            for (var i = 0; i < value.Count; i++)
            {
                bytes += name.Length + (value[i]?.Length ?? 0) + 4;
            }
        }

        return bytes;
    }

    /// <summary>Writes status line and headers. Returns the bytes written.</summary>
    /// <param name="output">At least <see cref="MaxBytes"/>.</param>
    /// <param name="status">Status code.</param>
    /// <param name="headers">The handler's headers.</param>
    /// <param name="date">The line of the <c>Date</c> header.</param>
    /// <param name="isChunked">The body goes out in chunks.</param>
    /// <param name="connection">What to say of the connection; null = nothing, it stays as its version has it.</param>
    public static int Write(Span<byte> output, int status, WireResponseHeaders headers, ReadOnlySpan<byte> date, bool isChunked, string? connection)
    {
        var at = 0;
        if (status == 200)
        {
            Put(output, ref at, "HTTP/1.1 200 OK\r\n"u8);
        }
        else
        {
            Put(output, ref at, "HTTP/1.1 "u8);
            Utf8Formatter.TryFormat(status, output[at..], out var digits);
            at += digits;
            output[at++] = (byte)' ';
            at += Encoding.ASCII.GetBytes(ReasonPhrases.GetReasonPhrase(status), output[at..]);
            Put(output, ref at, "\r\n"u8);
        }

        Put(output, ref at, date);
        foreach (var (name, value) in headers.Lines)
        {
            for (var i = 0; i < value.Count; i++)
            {
                Line(output, ref at, name, value[i] ?? "");
            }
        }

        if (headers.ContentLength is { } length)
        {
            Put(output, ref at, "Content-Length: "u8);
            Utf8Formatter.TryFormat(length, output[at..], out var digits);
            at += digits;
            Put(output, ref at, "\r\n"u8);
        }

        if (isChunked)
        {
            Put(output, ref at, "Transfer-Encoding: chunked\r\n"u8);
        }

        if (connection is not null)
        {
            Line(output, ref at, "Connection", connection);
        }

        Put(output, ref at, "\r\n"u8);
        return at;
    }

    /// <summary>A whole answer to what could not be read as a request; the connection ends with it.</summary>
    public static byte[] Refusal(ApiError error, ReadOnlySpan<byte> date)
    {
        var body = new ArrayBufferWriter<byte>(256);
        ErrorWriter.Format(body, Dialect.OpenAi, error);
        var headers = new WireResponseHeaders { ContentLength = body.WrittenCount };
        headers.Add("Content-Type", "application/json");
        var whole = new byte[MaxBytes(headers) + body.WrittenCount];
        var length = Write(whole, error.Status, headers, date, isChunked: false, "close");
        body.WrittenSpan.CopyTo(whole.AsSpan(length));
        return whole[..(length + body.WrittenCount)];
    }

    private static void Put(Span<byte> output, ref int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output[at..]);
        at += bytes.Length;
    }

    private static void Line(Span<byte> output, ref int at, string name, string value)
    {
        at += Encoding.ASCII.GetBytes(name, output[at..]);
        output[at++] = (byte)':';
        output[at++] = (byte)' ';
        if (value.AsSpan().ContainsAnyExcept(Text))
        {
            // A line break in a value would begin a header, or an answer, of somebody else's.
            foreach (var c in value)
            {
                output[at++] = Text.Contains(c) ? (byte)c : (byte)'?';
            }
        }
        else
        {
            at += Encoding.ASCII.GetBytes(value, output[at..]);
        }

        output[at++] = (byte)'\r';
        output[at++] = (byte)'\n';
    }
}
