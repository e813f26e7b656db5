namespace RouterDaemon.Core.Wire;

/// <summary>Why a model stopped.</summary>
public enum FinishReason : byte
{
    /// <summary>Not said (yet).</summary>
    None = 0,

    /// <summary><c>stop</c>.</summary>
    Stop = 1,

    /// <summary><c>length</c>.</summary>
    Length = 2,

    /// <summary><c>tool_calls</c> or <c>function_call</c>.</summary>
    ToolCalls = 3,

    /// <summary><c>content_filter</c>.</summary>
    ContentFilter = 4,

    /// <summary>Something else that is not null.</summary>
    Other = 5,
}
