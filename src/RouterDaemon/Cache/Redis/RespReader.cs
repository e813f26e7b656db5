namespace RouterDaemon.Cache.Redis;

/// <summary>
/// Reads RESP2 replies from bytes that come in any pieces. Arrays are refused: no command in use has one for an answer. Memory is
/// bounded by what has really come, never by what a length promises.
/// </summary>
/// <param name="maxBulkBytes">Longest bulk that is taken.</param>
internal sealed class RespReader(int maxBulkBytes)
{
    /// <summary>Longest line, its end included.</summary>
    public const int MaxLineBytes = 1024;

    private const int FirstBufferBytes = 4 * 1024;
    private const int KeptBufferBytes = 64 * 1024;

    private byte[] _buffer = new byte[FirstBufferBytes];
    private int _start;
    private int _end;

    /// <summary>Room for the next bytes; never empty.</summary>
    public Memory<byte> Room()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
            if (_buffer.Length > KeptBufferBytes)
            {
                _buffer = new byte[FirstBufferBytes];
            }
        }
        else if (_end == _buffer.Length)
        {
            // A reply of the largest size fits: what is longer was refused when its length was read.
            var pending = _end - _start;
            var target = pending > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
            _buffer.AsSpan(_start, pending).CopyTo(target);
            (_buffer, _start, _end) = (target, 0, pending);
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>So many bytes were written to the room.</summary>
    public void Advance(int count) => _end += count;

    /// <summary>The next whole reply; null = more bytes are needed.</summary>
    /// <exception cref="InvalidDataException">The bytes are no reply; nothing can be read any more.</exception>
    public RespReply? TryRead()
    {
        var bytes = _buffer.AsSpan(_start, _end - _start);
        var lineEnd = bytes[..Math.Min(bytes.Length, MaxLineBytes)].IndexOf((byte)'\r');
        if (lineEnd < 0 || lineEnd + 1 == bytes.Length)
        {
            return bytes.Length < MaxLineBytes ? null : throw new InvalidDataException("a reply's line is too long");
        }

        if (bytes[lineEnd + 1] != '\n' || lineEnd == 0)
        {
            throw new InvalidDataException("a reply's line is not one");
        }

        var line = bytes[1..lineEnd];
        var next = lineEnd + 2;
        switch (bytes[0])
        {
            case (byte)'+':
                return Take(RespKind.Text, line, next);
            case (byte)'-':
                return Take(RespKind.Error, line, next);
            case (byte)':':
                ReadNumber(line, long.MinValue, long.MaxValue);
                return Take(RespKind.Integer, line, next);
            case (byte)'$':
                var length = (int)ReadNumber(line, -1, maxBulkBytes);
                if (length < 0)
                {
                    return Take(RespKind.Null, [], next);
                }

                if (bytes.Length < next + length + 2)
                {
                    return null;
                }

                return bytes[next + length] == '\r' && bytes[next + length + 1] == '\n'
                    ? Take(RespKind.Bulk, bytes.Slice(next, length), next + length + 2)
                    : throw new InvalidDataException("a reply is longer than it says");
            default:
                throw new InvalidDataException("a reply is of no known kind");
        }
    }

    private static long ReadNumber(ReadOnlySpan<byte> line, long least, long most) =>
        System.Buffers.Text.Utf8Parser.TryParse(line, out long number, out var used) && used == line.Length && line[0] != '+' && number >= least && number <= most
            ? number
            : throw new InvalidDataException("a reply's number cannot be used");

    private RespReply Take(RespKind kind, ReadOnlySpan<byte> data, int length)
    {
        var reply = new RespReply(kind, data.ToArray());
        _start += length;
        return reply;
    }
}
