namespace RouterDaemon.Config;

/// <summary>A GGUF file served in this process; becomes deployment <c>id/local</c>.</summary>
internal sealed record OnDeviceModelConfig
{
    /// <summary>Name clients use.</summary>
    public required string Id { get; init; }

    /// <summary>Absolute path of the GGUF file.</summary>
    public required string File { get; init; }

    /// <summary>Tokens for each slot. Default 0 = as trained.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Sequences decoded together, 1..256. Default 4.</summary>
    public int Slots { get; init; } = 4;

    /// <summary>Layers on the GPU; null (<c>auto</c>, the default) = as many as fit.</summary>
    public int? GpuLayers { get; init; }

    /// <summary>How long an idle model stays loaded. Default 30 min; 0 = unload at once; <see cref="Timeout.InfiniteTimeSpan"/> (-1) = never.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Load at start. Default false.</summary>
    public bool Preload { get; init; }

    /// <summary>Where it runs. Default auto.</summary>
    public IsolationMode Isolation { get; init; }

    /// <summary>Batches of one: exact reproducibility, less speed. Default false.</summary>
    public bool Deterministic { get; init; }
}
