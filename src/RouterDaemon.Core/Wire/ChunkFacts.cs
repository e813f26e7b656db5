namespace RouterDaemon.Core.Wire;

/// <summary>What one chunk, or one whole answer, of the chat and text completion dialect says.</summary>
public struct ChunkFacts
{
    /// <summary>Has a non-empty content, reasoning, refusal, text or tool-call delta. A chunk with only a role has none.</summary>
    public bool HasContent;

    /// <summary>Bytes of that text as they stand in the JSON.</summary>
    public int ContentBytes;

    /// <summary>Of these, bytes of reasoning.</summary>
    public int ReasoningBytes;

    /// <summary>Elements of <c>choices</c>.</summary>
    public int ChoiceCount;

    /// <summary>Has tool calls.</summary>
    public bool HasToolCalls;

    /// <summary>The last finish reason that is not null.</summary>
    public FinishReason FinishReason;

    /// <summary>Has a <c>usage</c> object.</summary>
    public bool HasUsage;

    /// <summary>The whole value of <c>usage</c>.</summary>
    public ByteRange UsageValue;

    /// <summary><c>usage.prompt_tokens</c> or <c>input_tokens</c>.</summary>
    public int PromptTokens;

    /// <summary><c>usage.completion_tokens</c> or <c>output_tokens</c>.</summary>
    public int CompletionTokens;

    /// <summary><c>usage.prompt_tokens_details.cached_tokens</c> or its kin; -1 = not said.</summary>
    public int CachedTokens;

    /// <summary>Usage with empty <c>choices</c>: the chunk that <c>include_usage</c> adds.</summary>
    public bool IsUsageOnly;

    /// <summary>A top-level <c>error</c> that is not null.</summary>
    public bool HasError;

    /// <summary>The value of <c>error</c>.</summary>
    public ByteRange ErrorValue;

    /// <summary>The event that closes a stream, in dialects that have one (Anthropic's <c>message_stop</c>).</summary>
    public bool IsEnd;

    /// <summary>Not a JSON object.</summary>
    public bool Malformed;

    /// <summary>The value of top-level <c>model</c> with its quotes.</summary>
    public ByteRange ModelValue;
}
