namespace RouterDaemon.Core.Wire;

/// <summary>A stretch of a request or response body; <see cref="Length"/> 0 = absent.</summary>
public readonly record struct ByteRange(int Offset, int Length)
{
    /// <summary>First byte behind the range.</summary>
    public int End => Offset + Length;

    /// <summary>True when there is nothing.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The bytes of the range.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> body) => body.Slice(Offset, Length);
}
