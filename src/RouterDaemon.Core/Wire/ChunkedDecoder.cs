namespace RouterDaemon.Core.Wire;

/// <summary>
/// Takes the chunked coding (RFC 9112, section 7.1) off a body that arrives in any pieces. Extensions and trailers are read over.
/// Source and destination may be the same memory: what is written never overtakes what is read.
/// </summary>
public struct ChunkedDecoder
{
    /// <summary>Longest size line, extensions included.</summary>
    public const int MaxSizeLineBytes = 1024;

    /// <summary>Most bytes of trailers.</summary>
    public const int MaxTrailerBytes = 16 * 1024;

    /// <summary>Most digits of a size: a chunk of 2^60 bytes is a lie already.</summary>
    public const int MaxSizeDigits = 15;

    private enum Part : byte
    {
        Size,
        Extension,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        LineStart,
        Trailer,
        TrailerLf,
        LastLf,
        Done,
        Broken,
    }

    private Part _part;
    private byte _digits;
    private int _lineBytes;
    private long _left;

    /// <summary>The last chunk and its trailers were read.</summary>
    public readonly bool IsDone => _part == Part.Done;

    /// <summary>The framing is wrong; nothing more can be read.</summary>
    public readonly bool IsBroken => _part == Part.Broken;

    /// <summary>
    /// Decodes until the source is used up, the destination is full, or the body ends. Returns the payload bytes written.
    /// </summary>
    public int Decode(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed)
    {
        var at = 0;
        var written = 0;
        while (at < source.Length && _part < Part.Done)
        {
            if (_part == Part.Data)
            {
                var take = (int)Math.Min(_left, Math.Min(source.Length - at, destination.Length - written));
                if (take == 0)
                {
                    break;
                }

                source.Slice(at, take).CopyTo(destination[written..]);
                at += take;
                written += take;
                _left -= take;
                _part = _left == 0 ? Part.DataCr : Part.Data;
                continue;
            }

            Step(source[at++]);
        }

        consumed = at;
        return written;
    }

    private void Step(byte b)
    {
        switch (_part)
        {
            case Part.Size:
                SizeByte(b);
                break;
            case Part.Extension:
                // Quoted strings may not hold CR or LF either, so the first CR ends the line.
                _part = b == '\r' ? Part.SizeLf
                    : ++_lineBytes > MaxSizeLineBytes || (b < 0x20 && b != '\t') || b == 0x7F ? Part.Broken : Part.Extension;
                break;
            case Part.SizeLf:
                _part = b != '\n' ? Part.Broken : _left > 0 ? Part.Data : Part.LineStart;
                _lineBytes = 0;
                break;
            case Part.DataCr:
                _part = b == '\r' ? Part.DataLf : Part.Broken;
                break;
            case Part.DataLf:
                _part = b == '\n' ? Part.Size : Part.Broken;
                _digits = 0;
                break;
            case Part.LineStart:
                _part = b == '\r' ? Part.LastLf : TrailerByte(b);
                break;
            case Part.Trailer:
                _part = b == '\r' ? Part.TrailerLf : TrailerByte(b);
                break;
            case Part.TrailerLf:
                _part = b == '\n' ? Part.LineStart : Part.Broken;
                break;
            case Part.LastLf:
                _part = b == '\n' ? Part.Done : Part.Broken;
                break;
        }
    }

    private Part TrailerByte(byte b) =>
        ++_lineBytes > MaxTrailerBytes || (b < 0x20 && b != '\t') || b == 0x7F ? Part.Broken : Part.Trailer;

    private void SizeByte(byte b)
    {
        var digit = HexDigit(b);
        if (digit >= 0)
        {
            _left = (_left << 4) | (long)digit;
            _part = ++_digits > MaxSizeDigits ? Part.Broken : Part.Size;
            return;
        }

        _lineBytes = _digits;
        _part = _digits == 0 ? Part.Broken
            : b == '\r' ? Part.SizeLf
            : b is (byte)';' or (byte)' ' or (byte)'\t' ? Part.Extension : Part.Broken;
    }

    private static int HexDigit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };
}
