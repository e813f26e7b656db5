namespace RouterDaemon.Core;

/// <summary>One event of a streamed completion.</summary>
public sealed record InferenceEvent(InferenceEventKind Kind)
{
    /// <summary>Text delta.</summary>
    public string Text { get; init; } = "";

    /// <summary>Id of a tool call, to be answered with its result.</summary>
    public string ToolCallId { get; init; } = "";

    /// <summary>Name of the called tool.</summary>
    public string ToolName { get; init; } = "";

    /// <summary>Arguments of the call, a JSON object as text; may be malformed, models do that.</summary>
    public string ArgumentsJson { get; init; } = "";

    /// <summary>Deployment that served the completion.</summary>
    public string Deployment { get; init; } = "";

    /// <summary>What the completion cost.</summary>
    public double CostUsd { get; init; }
}
