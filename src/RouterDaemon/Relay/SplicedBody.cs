namespace RouterDaemon.Relay;

/// <summary>
/// A request body with a few byte ranges replaced, written as segments: the body itself is never copied or re-serialised.
/// Ranges must not overlap.
/// </summary>
internal sealed class SplicedBody(ReadOnlyMemory<byte> body)
{
    private const int MaxEdits = 8;

    // One edit, the model's name, is what most requests need.
    private Edit[] _edits = new Edit[1];
    private int _count;

    private readonly record struct Edit(int Offset, int Length, ReadOnlyMemory<byte> Replacement);

    /// <summary>The body before its edits.</summary>
    public ReadOnlyMemory<byte> Original => body;

    /// <summary>Bytes of the edited body.</summary>
    public int Length { get; private set; } = body.Length;

    /// <summary>Number of segments that <see cref="Segment"/> yields.</summary>
    public int SegmentCount => (_count * 2) + 1;

    /// <summary>Replaces <paramref name="length"/> bytes at <paramref name="offset"/>; a length of 0 inserts.</summary>
    public void Replace(int offset, int length, ReadOnlyMemory<byte> replacement)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(_count, MaxEdits, nameof(offset));
        if (_count == _edits.Length)
        {
            Array.Resize(ref _edits, MaxEdits);
        }

        var at = _count;
        while (at > 0 && _edits[at - 1].Offset > offset)
        {
            _edits[at] = _edits[at - 1];
            at--;
        }

        _edits[at] = new Edit(offset, length, replacement);
        _count++;
        Length += replacement.Length - length;
    }

    /// <summary>The segment of that number, in order; some are empty.</summary>
    public ReadOnlyMemory<byte> Segment(int index)
    {
        if ((index & 1) == 1)
        {
            return _edits[index >> 1].Replacement;
        }

        var start = index == 0 ? 0 : _edits[(index >> 1) - 1].Offset + _edits[(index >> 1) - 1].Length;
        var end = index >> 1 == _count ? body.Length : _edits[index >> 1].Offset;
        return body[start..end];
    }

    /// <summary>The edited body in one array, for backends that parse it.</summary>
    public byte[] ToArray()
    {
        var copy = new byte[Length];
        var at = 0;
        for (var i = 0; i < SegmentCount; i++)
        {
            var segment = Segment(i);
            segment.CopyTo(copy.AsMemory(at));
            at += segment.Length;
        }

        return copy;
    }
}
