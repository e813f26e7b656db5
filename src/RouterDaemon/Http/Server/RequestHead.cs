using RouterDaemon.Core.Wire;

namespace RouterDaemon.Http.Server;

/// <summary>The head of one request, as <see cref="RequestHeadParser"/> found it. Kept by its connection and filled anew.</summary>
internal sealed class RequestHead
{
    private HeaderLine[] _lines = new HeaderLine[16];

    /// <summary>Bytes of the head, its empty line included.</summary>
    public int Length { get; set; }

    /// <summary>The method.</summary>
    public ByteRange Method { get; set; }

    /// <summary>The request target.</summary>
    public ByteRange Target { get; set; }

    /// <summary>True for HTTP/1.1, false for HTTP/1.0.</summary>
    public bool IsHttp11 { get; set; }

    /// <summary>Length of the body; -1 = not said.</summary>
    public long ContentLength { get; set; }

    /// <summary>The body comes in chunks.</summary>
    public bool IsChunked { get; set; }

    /// <summary>What its <c>Connection</c> lines say.</summary>
    public ConnectionOption Connection { get; set; }

    /// <summary>The client wants to go on with this connection.</summary>
    public bool KeepAlive => Connection == ConnectionOption.KeepAlive || (IsHttp11 && Connection == ConnectionOption.None);

    /// <summary>The client waits for a 100 before it sends its body.</summary>
    public bool ExpectsContinue { get; set; }

    /// <summary>Value of <c>Host</c>.</summary>
    public ByteRange Host { get; set; }

    /// <summary>Lines named <c>Host</c>.</summary>
    public int Hosts { get; set; }

    /// <summary>What is wrong with it, for a result that is not complete.</summary>
    public ApiError? Fault { get; set; }

    /// <summary>The header lines, in order.</summary>
    public ReadOnlySpan<HeaderLine> Lines => _lines.AsSpan(0, Count);

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>A bit for each length of name that occurs; 63 stands for all longer ones. Says cheaply that a header is not there.</summary>
    public ulong NameLengths { get; private set; }

    /// <summary>Forgets the last request.</summary>
    public void Clear()
    {
        ContentLength = -1;
        IsChunked = false;
        Connection = ConnectionOption.None;
        ExpectsContinue = false;
        Hosts = 0;
        Fault = null;
        Count = 0;
        NameLengths = 0;
    }

    /// <summary>Adds a line.</summary>
    public void Add(ByteRange name, ByteRange value)
    {
        if (Count == _lines.Length)
        {
            Array.Resize(ref _lines, Count * 2);
        }

        _lines[Count++] = new HeaderLine(name, value);
        NameLengths |= LengthBit(name.Length);
    }

    /// <summary>The bit of <see cref="NameLengths"/> for a length.</summary>
    public static ulong LengthBit(int length) => 1UL << Math.Min(length, 63);
}
