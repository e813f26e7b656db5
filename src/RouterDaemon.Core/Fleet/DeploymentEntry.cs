using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Fleet;

/// <summary>One validated deployment inside an immutable <see cref="FleetSnapshot"/>. What changes lives in <see cref="State"/>.</summary>
public sealed class DeploymentEntry
{
    /// <summary><c>model/backend</c>, unique in the fleet.</summary>
    public required string Id { get; init; }

    /// <summary>The model's name as clients use it.</summary>
    public required string ModelId { get; init; }

    /// <summary>The backend's id.</summary>
    public required string BackendId { get; init; }

    /// <summary>The backend's kind (<c>openai</c>, <c>llm-d</c>, ...), a provider prefix that names may carry; "" = none.</summary>
    public string BackendKind { get; init; } = "";

    /// <summary>The model's name as the backend knows it.</summary>
    public required string UpstreamModel { get; init; }

    /// <summary>What it can do.</summary>
    public Capability Capabilities { get; init; } = Capability.Chat | Capability.Completion;

    /// <summary>Who sees the prompt.</summary>
    public TrustLevel Trust { get; init; }

    /// <summary>Context window in tokens, prompt and answer together; 0 = unknown, not masked.</summary>
    public int ContextTokens { get; init; }

    /// <summary>USD per million prompt tokens.</summary>
    public double PriceInputUsdPerMillion { get; init; }

    /// <summary>USD per million prompt tokens that hit the provider's prefix cache; equal to the input price when it gives no discount.</summary>
    public double PriceCachedInputUsdPerMillion { get; init; }

    /// <summary>USD per million answer tokens.</summary>
    public double PriceOutputUsdPerMillion { get; init; }

    /// <summary>Prior quality, 0..1.</summary>
    public double Quality { get; init; } = 0.5;

    /// <summary>Most requests at once; 0 = learned.</summary>
    public int MaxInFlight { get; init; }

    /// <summary>Sequences decoded together; requests beyond them queue. 0 = unknown.</summary>
    public int Slots { get; init; }

    /// <summary>True when the backend is this machine's own and its numbers are exact; false behind a network.</summary>
    public bool OnDevice { get; init; }

    /// <summary>True when usage is billed by a third party: never probed with calls of our own, never explored.</summary>
    public bool Paid => PriceInputUsdPerMillion > 0 || PriceOutputUsdPerMillion > 0;

    /// <summary>True for the bundled model: virtual models choose it only when nothing else is usable.</summary>
    public bool LastResort { get; init; }

    /// <summary>True for a model whose file cannot be used: who names it learns why, virtual models never choose it.</summary>
    public bool Unusable { get; init; }

    /// <summary>Relative share for the <c>weighted</c> policy.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Bits of the tags this deployment carries; see <see cref="FleetSnapshot.TagNames"/>.</summary>
    public ulong Tags { get; init; }

    /// <summary>Budgets that its cost counts against; a request that one of them has no room for goes elsewhere.</summary>
    public BudgetState[] Budgets { get; init; } = [];

    /// <summary>Counters and estimates; survives reloads as long as the id does.</summary>
    public required DeploymentState State { get; init; }
}
