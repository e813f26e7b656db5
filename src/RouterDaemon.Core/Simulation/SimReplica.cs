using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Simulation;

/// <summary>
/// One deployment of a simulated fleet. Defaults are the engine constants of the routing specification, section 4.1 (about Qwen3-32B on two H100).
/// </summary>
public sealed record SimReplica
{
    /// <summary>Name in results; "" = numbered.</summary>
    public string Name { get; init; } = "";

    /// <summary>How many such deployments the fleet has.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Engines behind one deployment's address, balanced by fewest outstanding tokens: a cluster seen as one; 1 = a single engine.</summary>
    public int Engines { get; init; } = 1;

    /// <summary>Fixed time of a step, milliseconds.</summary>
    public double T0Ms { get; init; } = 18;

    /// <summary>Prefill, microseconds a token.</summary>
    public double PrefillUsPerToken { get; init; } = 62.8;

    /// <summary>Attention in prefill, nanoseconds for each pair of a token and one before it.</summary>
    public double AttentionNs { get; init; } = 2;

    /// <summary>Decode, milliseconds for each sequence in a step.</summary>
    public double DecodeMsPerSeq { get; init; } = 0.15;

    /// <summary>Reading the KV cache, nanoseconds for each token in a step.</summary>
    public double KvNs { get; init; } = 40;

    /// <summary>Tokens the KV cache holds.</summary>
    public int KvTokens { get; init; } = 305_000;

    /// <summary>Most sequences at once.</summary>
    public int MaxSeqs { get; init; } = 256;

    /// <summary>Tokens of one step: prefill chunks and one for each decoding sequence.</summary>
    public int PrefillBudget { get; init; } = 8192;

    /// <summary>Blocks of the prefix cache; 0 = as many as the KV cache holds.</summary>
    public int CacheBlocks { get; init; }

    /// <summary>True: a hosted API. Its answer takes <see cref="T0Ms"/> (log-normal, <see cref="Jitter"/>) + prefill, then <see cref="DecodeMsPerSeq"/> a token, whatever the load.</summary>
    public bool Hosted { get; init; }

    /// <summary>Spread of a hosted API's times: sigma of the log-normal.</summary>
    public double Jitter { get; init; } = 0.3;

    /// <summary>Network there and back, milliseconds.</summary>
    public double NetworkMs { get; init; }

    /// <summary>USD per million prompt tokens.</summary>
    public double PriceInput { get; init; }

    /// <summary>USD per million cached prompt tokens; negative = as <see cref="PriceInput"/>.</summary>
    public double PriceCachedInput { get; init; } = -1;

    /// <summary>USD per million answer tokens.</summary>
    public double PriceOutput { get; init; }

    /// <summary>Quality, 0..1.</summary>
    public double Quality { get; init; } = 0.7;

    /// <summary>Trust level.</summary>
    public TrustLevel Trust { get; init; } = TrustLevel.Private;

    /// <summary>Slots that the router is told of; 0 = unknown.</summary>
    public int Slots { get; init; }

    /// <summary>Slow times.</summary>
    public SimStall Stall { get; init; }

    /// <summary>Requests in flight beyond which it answers 429 at once; 0 = never.</summary>
    public int RejectAbove { get; init; }

    /// <summary>Out of order from here (seconds; every request fails at once) ...</summary>
    public double DeadFromSeconds { get; init; } = double.PositiveInfinity;

    /// <summary>... to here.</summary>
    public double DeadUntilSeconds { get; init; } = double.PositiveInfinity;
}
