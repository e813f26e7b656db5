using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Relay;

/// <summary>Tokens of an answer: what the upstream reported, else what was counted on the way.</summary>
internal struct TokenUsage
{
    /// <summary>Prompt tokens.</summary>
    public int PromptTokens;

    /// <summary>Of these, from the prefix cache; -1 = not said.</summary>
    public int CachedTokens;

    /// <summary>Answer tokens.</summary>
    public int CompletionTokens;

    /// <summary>True when the upstream reported them, false when they are estimates.</summary>
    public bool IsReported;

    /// <summary>Takes over what a chunk or an answer reports.</summary>
    public void Take(in ChunkFacts facts)
    {
        if (facts.HasUsage)
        {
            PromptTokens = facts.PromptTokens;
            CompletionTokens = facts.CompletionTokens;
            CachedTokens = facts.CachedTokens;
            IsReported = true;
        }
    }

    /// <summary>What they cost at a deployment's prices, USD.</summary>
    public readonly double CostUsd(DeploymentEntry deployment)
    {
        var cached = Math.Clamp(CachedTokens, 0, PromptTokens);
        return (((PromptTokens - cached) * deployment.PriceInputUsdPerMillion)
            + (cached * deployment.PriceCachedInputUsdPerMillion)
            + (CompletionTokens * deployment.PriceOutputUsdPerMillion)) * 1e-6;
    }
}
