using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Loop;

/// <summary>One visible step of an answer.</summary>
public sealed record AgentEvent(AgentEventKind Kind)
{
    /// <summary>The note or the answer.</summary>
    public string Text { get; init; } = "";

    /// <summary>The tool.</summary>
    public string Tool { get; init; } = "";

    /// <summary>Arguments of a call, or the result.</summary>
    public JsonObject? Data { get; init; }

    /// <summary>Who answered: <c>planner</c>, or the deployment.</summary>
    public string By { get; init; } = "";

    /// <summary>What the answer cost.</summary>
    public double CostUsd { get; init; }

    /// <summary>The rows an answer names, each as <c>{call, tool, row}</c>.</summary>
    public JsonArray Rows { get; init; } = [];

    /// <summary>As one JSON line or SSE event.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["type"] = Kind switch
            {
                AgentEventKind.Note => "note",
                AgentEventKind.ToolCall => "tool_call",
                AgentEventKind.ToolResult => "tool_result",
                _ => "answer",
            },
        };
        if (Kind is AgentEventKind.Note or AgentEventKind.Answer)
        {
            json["text"] = Text;
        }

        if (Kind == AgentEventKind.Answer)
        {
            json["by"] = By;
            json["cost_usd"] = CostUsd;
            json["rows"] = Rows.DeepClone();
        }

        if (Kind is AgentEventKind.ToolCall or AgentEventKind.ToolResult)
        {
            json["tool"] = Tool;
            json[Kind == AgentEventKind.ToolCall ? "arguments" : "result"] = Data?.DeepClone();
        }

        return json;
    }
}
