namespace RouterDaemon.Core.Wire;

/// <summary>One event found in place. Ranges are offsets into the buffer that was scanned.</summary>
public struct SseEvent
{
    /// <summary>Bytes of the whole event, blank line included.</summary>
    public int Length;

    /// <summary>What it is.</summary>
    public SseEventKind Kind;

    /// <summary>The data has several lines: <see cref="Data"/> spans them with their field names; use <see cref="SseScanner.CopyData"/>.</summary>
    public bool MultiLine;

    /// <summary>The data. An event with <c>data:</c> and nothing behind it has length 0 and is no comment.</summary>
    public ByteRange Data;

    /// <summary>The name behind <c>event:</c>; empty = none.</summary>
    public ByteRange Name;
}
