namespace RouterDaemon.Core.Routing;

/// <summary>Every term of one candidate's price; unmanaged.</summary>
public struct CandidateTerms
{
    /// <summary>Predicted time to the first token, milliseconds.</summary>
    public float TtftMs;

    /// <summary>Of this, waiting behind others.</summary>
    public float QueueMs;

    /// <summary>Of this, prefill of the uncached prompt.</summary>
    public float PrefillMs;

    /// <summary>Predicted time between tokens, milliseconds.</summary>
    public float ItlMs;

    /// <summary>Predicted answer tokens.</summary>
    public float OutputTokens;

    /// <summary>Prompt tokens expected in the deployment's prefix cache.</summary>
    public float CachedTokens;

    /// <summary>Chance of missing an objective, 0..1.</summary>
    public float MissProbability;

    /// <summary>What it will cost, USD, before any factor.</summary>
    public float CostUsd;

    /// <summary>Money as priced: cost times the preset's factor and the budget's multiplier.</summary>
    public float MoneyUsd;

    /// <summary>The caller's time.</summary>
    public float TimeUsd;

    /// <summary>Harm to requests that already run there.</summary>
    public float ExternalityUsd;

    /// <summary>Risk of a miss.</summary>
    public float MissUsd;

    /// <summary>Risk of a failure.</summary>
    public float FailureUsd;

    /// <summary>Quality forgone.</summary>
    public float QualityUsd;

    /// <summary>Reward (negative) for the session's usual deployment.</summary>
    public float AffinityUsd;

    /// <summary>The sum that is compared.</summary>
    public float TotalUsd;
}
