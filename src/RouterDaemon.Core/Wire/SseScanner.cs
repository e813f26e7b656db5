namespace RouterDaemon.Core.Wire;

/// <summary>
/// Finds events of a server-sent event stream (WHATWG HTML, section 9.2) in place. Lines end with LF, CRLF or CR; however the stream is cut
/// into chunks, the events are the same.
/// </summary>
public static class SseScanner
{
    /// <summary>Reads the event at the start of <paramref name="buffer"/>. False: it is not whole yet.</summary>
    public static bool TryReadEvent(ReadOnlySpan<byte> buffer, out SseEvent e)
    {
        var resume = 0;
        return TryReadEvent(buffer, endOfStream: false, ref resume, out e);
    }

    /// <summary>
    /// As <see cref="TryReadEvent(ReadOnlySpan{byte}, out SseEvent)"/>, for events that arrive in many pieces: the search goes on where it stopped.
    /// </summary>
    /// <param name="buffer">Bytes from the start of the event.</param>
    /// <param name="endOfStream">Nothing follows: a CR that ends the buffer is a whole line end.</param>
    /// <param name="resume">0 for a new event; kept by the caller while this answers false; set to 0 when it answers true.</param>
    /// <param name="e">The event.</param>
    public static bool TryReadEvent(ReadOnlySpan<byte> buffer, bool endOfStream, ref int resume, out SseEvent e)
    {
        e = default;
        var line = resume;
        while (true)
        {
            var length = buffer[line..].IndexOfAny((byte)'\n', (byte)'\r');
            if (length < 0)
                break;
            var end = line + length;
            var next = end + 1;
            if (buffer[end] == '\r')
            {
                // A CR that ends the buffer may be half of a CRLF.
                if (next == buffer.Length && !endOfStream)
                    break;
                if (next < buffer.Length && buffer[next] == '\n')
                    next++;
            }

            if (length == 0)
            {
                resume = 0;
                Classify(buffer[..line], ref e);
                e.Length = next;
                return true;
            }

            line = next;
        }

        resume = line;
        return false;
    }

    /// <summary>
    /// Joins the data lines of a multi-line event with LF into <paramref name="destination"/>; returns the bytes written, -1 when it is too small
    /// (the length of <see cref="SseEvent.Data"/> always suffices).
    /// </summary>
    public static int CopyData(ReadOnlySpan<byte> buffer, in SseEvent e, Span<byte> destination)
    {
        if (!e.MultiLine)
            return e.Data.Of(buffer).TryCopyTo(destination) ? e.Data.Length : -1;
        var written = 0;
        var first = true;
        var at = 0;
        var text = buffer[..e.Length];
        while (at < text.Length)
        {
            NextLine(text, at, out var line, out var next);
            at = next;
            if (!Field(line, "data"u8, out var skip))
                continue;
            var value = line[skip..];
            var need = value.Length + (first ? 0 : 1);
            if (destination.Length - written < need)
                return -1;
            if (!first)
                destination[written++] = (byte)'\n';
            value.CopyTo(destination[written..]);
            written += value.Length;
            first = false;
        }

        return written;
    }

    private static void Classify(ReadOnlySpan<byte> lines, ref SseEvent e)
    {
        var at = 0;
        var dataLines = 0;
        while (at < lines.Length)
        {
            NextLine(lines, at, out var line, out var next);
            if (at == 0 && line.StartsWith("\uFEFF"u8))
            {
                at += 3;
                line = line[3..];
            }

            if (Field(line, "data"u8, out var skip))
            {
                var start = at + skip;
                e.Data = dataLines++ == 0 ? new ByteRange(start, at + line.Length - start) : new ByteRange(e.Data.Offset, at + line.Length - e.Data.Offset);
            }
            else if (Field(line, "event"u8, out skip))
            {
                e.Name = new ByteRange(at + skip, line.Length - skip);
            }

            at = next;
        }

        e.MultiLine = dataLines > 1;
        e.Kind = dataLines == 0 ? SseEventKind.Comment
            : e.Name.Length > 0 ? SseEventKind.Event
            : dataLines == 1 && e.Data.Of(lines).TrimEnd((byte)' ').SequenceEqual("[DONE]"u8) ? SseEventKind.Done
            : SseEventKind.Data;
    }

    private static void NextLine(ReadOnlySpan<byte> text, int at, out ReadOnlySpan<byte> line, out int next)
    {
        var rest = text[at..];
        var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
        if (end < 0)
        {
            line = rest;
            next = text.Length;
            return;
        }

        line = rest[..end];
        next = at + end + (rest[end] == '\r' && end + 1 < rest.Length && rest[end + 1] == '\n' ? 2 : 1);
    }

    /// <summary>Whether a line is the field; <paramref name="skip"/> = where its value starts (one space behind the colon is no part of it).</summary>
    private static bool Field(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out int skip)
    {
        skip = name.Length;
        if (!line.StartsWith(name))
            return false;
        if (line.Length == name.Length)
            return true;
        if (line[name.Length] != ':')
            return false;
        skip = name.Length + 1;
        if (skip < line.Length && line[skip] == ' ')
            skip++;
        return true;
    }
}
