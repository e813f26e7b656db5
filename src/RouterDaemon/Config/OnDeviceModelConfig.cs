namespace RouterDaemon.Config;

/// <summary>A model served on this machine; it becomes deployment <c>id/local</c>.</summary>
internal sealed record OnDeviceModelConfig
{
    public string Id { get; init; } = "";

    /// <summary>Absolute path of the GGUF file.</summary>
    public string FilePath { get; init; } = "";

    /// <summary>Context in tokens for each slot. 0 (default) = as trained.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Sequences decoded together, 1 to 64. Default 4.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Layers on the GPU; null (default) = <c>auto</c>, 0 = none, <see cref="int.MaxValue"/> = <c>all</c>.</summary>
    public int? GpuLayers { get; init; }

    /// <summary>How long an unused model stays loaded. Zero = unload at once, <see cref="Timeout.InfiniteTimeSpan"/> = never.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Load at start instead of on the first request.</summary>
    public bool Preload { get; init; }

    public IsolationMode Isolation { get; init; } = IsolationMode.Auto;

    /// <summary>Batch of one: the same request gives the same tokens.</summary>
    public bool Deterministic { get; init; }

    /// <summary>When tokens are guessed and checked together.</summary>
    public SpeculativeMode Speculative { get; init; }

    /// <summary>Absolute path of a smaller model that guesses; null (default) = the text so far does.</summary>
    public string? DraftFilePath { get; init; }

    /// <summary>LoRA adapters that are loaded with it; requests name them by their place. Default none.</summary>
    public IReadOnlyList<LoraConfig> Lora { get; init; } = [];

    /// <summary>How it makes embeddings or scores; null (default) = <c>auto</c>, as its file says.</summary>
    public PoolingMode? Pooling { get; init; }

    /// <summary>Compute threads. 0 (default) = cores - 1.</summary>
    public int Threads { get; init; }

    /// <summary>Requests that may wait for a slot or the load. Default 256, 0 = none may wait.</summary>
    public int QueueLimit { get; init; } = 256;

    /// <summary>Memory for prefixes whose slots were given to other requests. Default 512 MiB, 0 = none are kept.</summary>
    public long PrefixCacheBytes { get; init; } = 512L << 20;

    /// <summary>Other names by which clients may ask for it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Prior quality 0..1; null = unknown.</summary>
    public double? Quality { get; init; }

    /// <summary>Relative share for the <c>weighted</c> policy. Default 1.</summary>
    public double Weight { get; init; } = 1;

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Virtual models choose it only when nothing else is usable: the bundled model.</summary>
    public bool LastResort { get; init; }
}
