using RouterDaemon.Core.Wire;

namespace RouterDaemon.Backends.Http1;

/// <summary>What the daemon needs of a response's head. Ranges are offsets into the buffer it was read from.</summary>
internal struct Http1Head
{
    /// <summary>200 to 599; heads of 1xx are skipped by the reader.</summary>
    public int Status;

    /// <summary>Bytes of the head, the empty line included.</summary>
    public int Length;

    /// <summary><c>Content-Length</c>; -1 = not said.</summary>
    public long ContentLength;

    /// <summary><c>Transfer-Encoding: chunked</c>.</summary>
    public bool IsChunked;

    /// <summary>HTTP/1.1, not 1.0.</summary>
    public bool IsHttp11;

    /// <summary>What its <c>Connection</c> lines say.</summary>
    public ConnectionOption Connection;

    /// <summary>A <c>Content-Encoding</c> other than identity.</summary>
    public bool IsEncoded;

    /// <summary>Media type without parameters.</summary>
    public ByteRange MediaType;

    /// <summary>Value of <c>Retry-After</c>.</summary>
    public ByteRange RetryAfter;

    /// <summary>Value of <c>Date</c>.</summary>
    public ByteRange Date;

    /// <summary>Value of <c>x-llm-d-request-dropped-reason</c>.</summary>
    public ByteRange DroppedReason;

    /// <summary>Value of <c>x-session-token</c>.</summary>
    public ByteRange SessionToken;

    /// <summary>Value of <c>endpoint-load-metrics</c>.</summary>
    public ByteRange Load;

    /// <summary>The peer keeps the connection open after this answer.</summary>
    public readonly bool KeepAlive => Connection == ConnectionOption.KeepAlive || (IsHttp11 && Connection == ConnectionOption.None);
}
