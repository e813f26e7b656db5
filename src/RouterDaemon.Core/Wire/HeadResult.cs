namespace RouterDaemon.Core.Wire;

/// <summary>What a reader of HTTP/1 heads made of the bytes so far.</summary>
public enum HeadResult : byte
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>A whole, sound head.</summary>
    Complete,

    /// <summary>Not HTTP/1.x, or framing that could be read in two ways.</summary>
    Invalid,

    /// <summary>Larger than any should be, or with more lines.</summary>
    TooLarge,
}
