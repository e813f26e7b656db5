namespace RouterDaemon.Relay.Translation;

/// <summary>What one chunk, or one whole answer, of OpenAI's chat or completion dialect says. Used again for the next one.</summary>
internal sealed class ChatDelta
{
    /// <summary>The model's name as the upstream calls it; empty = not said.</summary>
    public string Model { get; set; } = "";

    /// <summary>Answer text.</summary>
    public string Text { get; set; } = "";

    /// <summary>Reasoning text.</summary>
    public string Reasoning { get; set; } = "";

    /// <summary>Text of a refusal.</summary>
    public string Refusal { get; set; } = "";

    /// <summary>Tool calls or pieces of them.</summary>
    public List<ChatToolCall> ToolCalls { get; } = [];

    /// <summary>Why the model stopped; null = not said.</summary>
    public string? FinishReason { get; set; }

    /// <summary>The stop string that was met, where an upstream says it (vLLM); null = not said.</summary>
    public string? StopSequence { get; set; }

    /// <summary>Usage was reported.</summary>
    public bool HasUsage { get; set; }

    /// <summary>Prompt tokens.</summary>
    public int PromptTokens { get; set; }

    /// <summary>Of these, from a cache.</summary>
    public int CachedTokens { get; set; }

    /// <summary>Answer tokens.</summary>
    public int CompletionTokens { get; set; }

    /// <summary>Of these, reasoning.</summary>
    public int ReasoningTokens { get; set; }

    /// <summary>Forgets everything but its lists' memory.</summary>
    public void Clear()
    {
        Model = Text = Reasoning = Refusal = "";
        ToolCalls.Clear();
        FinishReason = StopSequence = null;
        HasUsage = false;
        PromptTokens = CachedTokens = CompletionTokens = ReasoningTokens = 0;
    }
}
