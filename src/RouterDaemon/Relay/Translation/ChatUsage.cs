namespace RouterDaemon.Relay.Translation;

/// <summary>Token counts of an answer on its way to another dialect.</summary>
internal sealed class ChatUsage
{
    /// <summary>Prompt tokens, cached ones included.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>Of these, from a cache.</summary>
    public int CachedTokens { get; private set; }

    /// <summary>Answer tokens, reasoning included.</summary>
    public int CompletionTokens { get; private set; }

    /// <summary>Of these, reasoning.</summary>
    public int ReasoningTokens { get; private set; }

    /// <summary>The upstream said them.</summary>
    public bool IsReported { get; private set; }

    /// <summary>Takes over what a chunk reports.</summary>
    public void Take(ChatDelta delta)
    {
        if (delta.HasUsage)
        {
            IsReported = true;
            PromptTokens = delta.PromptTokens;
            CachedTokens = Math.Min(delta.CachedTokens, delta.PromptTokens);
            CompletionTokens = delta.CompletionTokens;
            ReasoningTokens = delta.ReasoningTokens;
        }
    }

    /// <summary>Takes over what the relay counted, for an upstream that said nothing.</summary>
    public void Take(in TokenUsage usage)
    {
        PromptTokens = usage.PromptTokens;
        CachedTokens = Math.Clamp(usage.CachedTokens, 0, usage.PromptTokens);
        CompletionTokens = usage.CompletionTokens;
    }
}
