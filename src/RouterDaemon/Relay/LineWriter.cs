namespace RouterDaemon.Relay;

/// <summary>Writes one line of ASCII into memory that the caller gives; what does not fit is cut. Numbers have fixed decimals.</summary>
internal ref struct LineWriter(Span<char> room)
{
    private static readonly double[] Scales = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

    private readonly Span<char> _room = room;
    private int _length;

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<char> Text => _room[.._length];

    /// <summary>Text as it is; characters that no header may hold become question marks.</summary>
    public void Append(scoped ReadOnlySpan<char> text)
    {
        text = text[..Math.Min(text.Length, _room.Length - _length)];
        text.CopyTo(_room[_length..]);
        var written = _room.Slice(_length, text.Length);
        _length += text.Length;
        for (int bad; (bad = written.IndexOfAnyExceptInRange(' ', '~')) >= 0;)
        {
            written[bad] = '?';
        }
    }

    /// <summary>An integer.</summary>
    public void Append(long value)
    {
        if (value.TryFormat(_room[_length..], out var written, provider: System.Globalization.CultureInfo.InvariantCulture))
        {
            _length += written;
        }
    }

    /// <summary>A number with 0 to 6 decimals, rounded; "unknown" when it is none.</summary>
    public void Append(double value, int decimals)
    {
        var scaled = Math.Round(value * Scales[decimals]);
        if (!(Math.Abs(scaled) < 1e15))
        {
            Append("unknown");
            return;
        }

        if (scaled < 0)
        {
            Append("-");
            scaled = -scaled;
        }

        // Integers format several times as fast as floating-point numbers do.
        var (whole, fraction) = Math.DivRem((long)scaled, (long)Scales[decimals]);
        Append(whole);
        if (decimals == 0)
        {
            return;
        }

        Span<char> digits = stackalloc char[7];
        for (var i = decimals; i > 0; i--)
        {
            (fraction, var digit) = Math.DivRem(fraction, 10);
            digits[i] = (char)('0' + digit);
        }

        digits[0] = '.';
        Append(digits[..(decimals + 1)]);
    }
}
