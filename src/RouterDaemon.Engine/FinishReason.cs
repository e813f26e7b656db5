namespace RouterDaemon.Engine;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended its answer.</summary>
    Stop,

    /// <summary>A stop string was met.</summary>
    StopString,

    /// <summary>The token limit or the end of the context was reached.</summary>
    Length,
}
