namespace RouterDaemon.Http.Server;

/// <summary>Bytes of a client that are here and not read yet.</summary>
internal sealed class ReceiveBuffer
{
    /// <summary>Bytes of a new buffer.</summary>
    public const int FirstBytes = 4 * 1024;

    private int _end;

    /// <summary>All of it. Grown, it is another array: what pointed into the old one stays valid.</summary>
    public byte[] Bytes { get; private set; } = new byte[FirstBytes];

    /// <summary>Where what is not read begins.</summary>
    public int Start { get; private set; }

    /// <summary>What is not read.</summary>
    public Span<byte> Unread => Bytes.AsSpan(Start, _end - Start);

    /// <summary>How much that is.</summary>
    public int Length => _end - Start;

    /// <summary>Where the next bytes are received.</summary>
    public Memory<byte> Free => Bytes.AsMemory(_end);

    /// <summary>Bytes were received into <see cref="Free"/>.</summary>
    public void Received(int bytes) => _end += bytes;

    /// <summary>Bytes were read.</summary>
    public void Read(int bytes) => Start += bytes;

    /// <summary>Forgets what is not read.</summary>
    public void Clear() => _end = Start;

    /// <summary>Begins anew, at the front, with a copy of <paramref name="bytes"/>.</summary>
    public void Refill(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= Bytes.Length)
        {
            Bytes = new byte[bytes.Length + FirstBytes];
        }

        bytes.CopyTo(Bytes);
        Start = 0;
        _end = bytes.Length;
    }

    /// <summary>Makes <see cref="Free"/> at least a byte long without moving what lies before <paramref name="kept"/>.</summary>
    public void MakeRoom(int kept)
    {
        if (Start > kept && (Start == _end || _end == Bytes.Length))
        {
            Unread.CopyTo(Bytes.AsSpan(kept));
            _end -= Start - kept;
            Start = kept;
        }

        if (_end == Bytes.Length)
        {
            var larger = new byte[Bytes.Length * 2];
            Bytes.CopyTo(larger, 0);
            Bytes = larger;
        }
    }
}
