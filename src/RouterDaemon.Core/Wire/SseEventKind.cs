namespace RouterDaemon.Core.Wire;

/// <summary>What an event of a server-sent event stream is.</summary>
public enum SseEventKind : byte
{
    /// <summary>Has data.</summary>
    Data = 0,

    /// <summary>The data is <c>[DONE]</c>.</summary>
    Done = 1,

    /// <summary>Comments, unknown fields or only blank lines: no data.</summary>
    Comment = 2,

    /// <summary>Has data and an <c>event:</c> name.</summary>
    Event = 3,
}
