namespace RouterDaemon.Bench.Mock;

/// <summary>How a scripted answer goes wrong. Where it goes wrong is <see cref="MockBehaviour.FaultAt"/>.</summary>
public enum MockFault
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The connection is closed in order (FIN) with the answer unfinished.</summary>
    Cut,

    /// <summary>The connection is reset (RST).</summary>
    Reset,

    /// <summary>Nothing more is sent and the connection stays open.</summary>
    Stall,

    /// <summary>Bytes that are neither JSON nor an event, correctly framed; then the answer ends.</summary>
    Garbage,

    /// <summary>A content string that holds the first two bytes of a three-byte character, then a correct end.</summary>
    HalfUtf8,

    /// <summary>A legal stream whose three-byte character is divided between two packets.</summary>
    SplitUtf8,

    /// <summary>A stream that ends in order without <c>[DONE]</c> and without a finish reason.</summary>
    MissingDone,

    /// <summary>Status 200 and an OpenAI error object instead of (the rest of) the answer.</summary>
    ErrorBody,

    /// <summary>The head is sent one byte at a time, <see cref="MockBehaviour.SlowHeaderMs"/> apart.</summary>
    SlowHeaders,

    /// <summary>A chunk that announces more bytes than follow before the connection closes.</summary>
    ChunkTooShort,

    /// <summary>A chunk size that is not a hexadecimal number.</summary>
    ChunkSizeGarbage,

    /// <summary><c>Content-Length</c> larger than the body; then the connection closes.</summary>
    LengthTooLong,

    /// <summary><c>Content-Length</c> smaller than the body: the rest would be read as the next answer.</summary>
    LengthTooShort,

    /// <summary>The body is compressed with gzip though nobody asked.</summary>
    Gzip,

    /// <summary>One event (or one body) of a little over 1 MiB.</summary>
    HugeEvent,

    /// <summary>2,000 header lines of 1 KiB.</summary>
    HeaderFlood,
}
