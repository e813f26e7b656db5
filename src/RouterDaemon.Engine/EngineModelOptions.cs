namespace RouterDaemon.Engine;

/// <summary>One on-device model as configured. Two equal records mean the same loaded model is kept over a reload.</summary>
public sealed record EngineModelOptions
{
    /// <summary>Name by which requests choose the model.</summary>
    public required string Id { get; init; }

    /// <summary>Absolute path of the GGUF file.</summary>
    public required string Path { get; init; }

    /// <summary>Context in tokens for each slot. 0 (default) = as trained, lowered until it fits half of the memory that is left.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Sequences decoded together, 1 to 64. Default 4.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Layers to put on a GPU; null (default) = all of them when there is a GPU, 0 = none.</summary>
    public int? GpuLayers { get; init; }

    /// <summary>
    /// How long an unused model stays loaded, counted from the end of its last request. Zero = unload at once,
    /// <see cref="Timeout.InfiniteTimeSpan"/> = never. Default 30 minutes.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Load as soon as the model is configured instead of on the first request.</summary>
    public bool Preload { get; init; }

    /// <summary>Batch of one, no prefix reuse, fixed thread count: the same request gives the same tokens, at the price of throughput.</summary>
    public bool Deterministic { get; init; }

    /// <summary>When tokens are guessed from the text so far, or with <see cref="DraftPath"/>, and checked together.</summary>
    public SpeculationMode Speculation { get; init; }

    /// <summary>Absolute path of a smaller model of the same vocabulary that guesses; null (default) = the text so far does.</summary>
    public string? DraftPath { get; init; }

    /// <summary>LoRA adapters that are loaded with the model; at most <see cref="AdapterFiles.MaxCount"/>. Default none.</summary>
    public AdapterFiles Adapters { get; init; } = AdapterFiles.None;

    /// <summary>How the model makes vectors. null (default) = as the file says; <see cref="PoolingKind.None"/> = it makes none.</summary>
    public PoolingKind? Pooling { get; init; }

    /// <summary>Whether the model runs in a process of its own.</summary>
    public EngineIsolation Isolation { get; init; }

    /// <summary>Requests that may wait for a slot or for the load; the next one is refused. Default 256, 0 = none may wait.</summary>
    public int QueueLimit { get; init; } = 256;

    /// <summary>Memory for copies of prefixes whose slots were given to other requests, taken as it is needed and at most
    /// an eighth of what is free at the load. Default 512 MiB, 0 = none are kept.</summary>
    public long PrefixCacheBytes { get; init; } = 512L << 20;

    /// <summary>Compute threads. 0 (default) = cores - 1, at least 1: the library's barriers spin, so a core must stay free.</summary>
    public int Threads { get; init; }
}
