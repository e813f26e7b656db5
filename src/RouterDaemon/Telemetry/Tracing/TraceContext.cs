namespace RouterDaemon.Telemetry.Tracing;

/// <summary>W3C trace context: which trace a request belongs to, and under which span.</summary>
internal readonly struct TraceContext(ulong traceHigh, ulong traceLow, ulong spanId, bool isSampled)
{
    private const int Length = 55;

    /// <summary>First half of the trace's id.</summary>
    public ulong TraceHigh => traceHigh;

    /// <summary>Second half of the trace's id.</summary>
    public ulong TraceLow => traceLow;

    /// <summary>A span of that trace.</summary>
    public ulong SpanId => spanId;

    /// <summary>True when the trace is recorded.</summary>
    public bool IsSampled => isSampled;

    /// <summary>Reads a <c>traceparent</c> header; false when it is none that the standard allows.</summary>
    public static bool TryParse(string? text, out TraceContext context)
    {
        context = default;
        // version-trace-span-flags; a later version may have more behind a further dash.
        if (text is not { Length: >= Length } || text[2] != '-' || text[35] != '-' || text[52] != '-'
            || !TryHex(text.AsSpan(0, 2), out _) || text.StartsWith("ff", StringComparison.Ordinal)
            || (text.Length > Length && (text.StartsWith("00", StringComparison.Ordinal) || text[Length] != '-')))
        {
            return false;
        }

        if (!TryHex(text.AsSpan(3, 16), out var high) || !TryHex(text.AsSpan(19, 16), out var low) || !TryHex(text.AsSpan(36, 16), out var span)
            || !TryHex(text.AsSpan(53, 2), out var flags) || (high | low) == 0 || span == 0)
        {
            return false;
        }

        context = new TraceContext(high, low, span, (flags & 1) != 0);
        return true;
    }

    /// <summary>Another span of the same trace.</summary>
    public TraceContext At(ulong span) => new(traceHigh, traceLow, span, isSampled);

    /// <summary>The header's text.</summary>
    public override string ToString() => $"00-{TraceHigh:x16}{TraceLow:x16}-{SpanId:x16}-{(IsSampled ? "01" : "00")}";

    /// <summary>Lower case only, as the standard has it.</summary>
    private static bool TryHex(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }

            value = (value << 4) | (uint)(c <= '9' ? c - '0' : c - 'a' + 10);
        }

        return true;
    }
}
