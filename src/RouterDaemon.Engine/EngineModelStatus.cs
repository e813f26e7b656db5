namespace RouterDaemon.Engine;

/// <summary>A model's state at one moment. Immutable; a new one is published on every change.</summary>
public sealed record EngineModelStatus
{
    public required string Id { get; init; }

    public required string Path { get; init; }

    /// <summary>Weights and context are in memory.</summary>
    public bool Resident { get; init; }

    public bool Loading { get; init; }

    /// <summary>0 to 1 while <see cref="Loading"/>.</summary>
    public float LoadFraction { get; init; }

    /// <summary>Slots without a request; all of them while not resident.</summary>
    public int FreeSlots { get; init; }

    public int Slots { get; init; }

    /// <summary>Its LoRA adapters as configured; a request names them by their place.</summary>
    public IReadOnlyList<AdapterFile> Adapters { get; init; } = [];

    /// <summary>Requests waiting for a slot or for the load.</summary>
    public int QueueDepth { get; init; }

    /// <summary>Requests in a slot.</summary>
    public int Active { get; init; }

    /// <summary>Duration of the last successful load in milliseconds, 0 = never loaded.</summary>
    public double LastLoadMs { get; init; }

    /// <summary>Context per slot in tokens; as configured before the first load (0 = as trained).</summary>
    public int ContextTokens { get; init; }

    /// <summary>Bytes of weights plus KV cache while resident, else 0.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>When an idle model will be unloaded; null while busy, not resident or never unloaded.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Compute threads in use now; the governor lowers it while neighbours keep the cores busy.</summary>
    public int Threads { get; init; }

    /// <summary>Tokens that were guessed and checked since the model was loaded.</summary>
    public long DraftTokens { get; init; }

    /// <summary>Guessed tokens that became part of an answer since the model was loaded.</summary>
    public long AcceptedDraftTokens { get; init; }

    /// <summary>Memory of prefixes whose slots were given to other requests.</summary>
    public long PrefixCacheBytes { get; init; }

    /// <summary>Why the last load or decode failed; cleared by the next success.</summary>
    public string? LastError { get; init; }

    /// <summary>Set when the model's chat template cannot be rendered: message requests will fail, prompts work.</summary>
    public string? TemplateWarning { get; init; }
}
