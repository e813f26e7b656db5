namespace RouterDaemon.Core;

/// <summary>What an <see cref="InferenceEvent"/> carries.</summary>
public enum InferenceEventKind
{
    /// <summary><see cref="InferenceEvent.Text"/>.</summary>
    Text,

    /// <summary><see cref="InferenceEvent.ToolCallId"/>, <see cref="InferenceEvent.ToolName"/>, <see cref="InferenceEvent.ArgumentsJson"/>.</summary>
    ToolCall,

    /// <summary>The end: <see cref="InferenceEvent.Deployment"/> and <see cref="InferenceEvent.CostUsd"/>.</summary>
    Finished,
}
