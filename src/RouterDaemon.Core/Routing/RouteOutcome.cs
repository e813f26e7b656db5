namespace RouterDaemon.Core.Routing;

/// <summary>What an attempt came to.</summary>
public struct RouteOutcome
{
    /// <summary>How it ended.</summary>
    public OutcomeKind Kind;

    /// <summary>How long the deployment asked to be left alone, nanoseconds; 0 = it did not say.</summary>
    public long RetryAfterNs;

    /// <summary>What it cost, or may have cost, USD.</summary>
    public double CostUsd;

    /// <summary>Prompt tokens as billed; 0 = unknown.</summary>
    public int PromptTokens;

    /// <summary>Cached prompt tokens as billed; -1 = unknown.</summary>
    public int CachedTokens;

    /// <summary>Answer tokens as billed; 0 = unknown (then the tokens counted on the stream stand).</summary>
    public int CompletionTokens;
}
