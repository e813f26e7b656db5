namespace RouterDaemon.Agents.Loop;

/// <summary>What an <see cref="AgentEvent"/> tells.</summary>
public enum AgentEventKind
{
    /// <summary>A sentence about what happens, e.g. that the planner answers.</summary>
    Note,

    /// <summary>A tool is called.</summary>
    ToolCall,

    /// <summary>A tool answered.</summary>
    ToolResult,

    /// <summary>The answer; the last event.</summary>
    Answer,
}
