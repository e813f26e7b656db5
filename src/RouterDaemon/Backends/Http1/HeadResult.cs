namespace RouterDaemon.Backends.Http1;

/// <summary>What <see cref="Http1HeadParser"/> made of the bytes so far.</summary>
internal enum HeadResult : byte
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>A whole, sound head.</summary>
    Complete,

    /// <summary>Not HTTP/1.x, or framing that could be read in two ways.</summary>
    Invalid,

    /// <summary>Over <see cref="Http1HeadParser.MaxHeadBytes"/> or <see cref="Http1HeadParser.MaxHeaders"/>.</summary>
    TooLarge,
}
