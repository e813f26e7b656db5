namespace RouterDaemon.Config;

/// <summary>A LoRA adapter of an on-device model.</summary>
internal sealed record LoraConfig
{
    /// <summary>Absolute path of the adapter's GGUF file.</summary>
    public string FilePath { get; init; } = "";

    /// <summary>How strongly it applies to requests that say nothing. Default 1, 0 = not at all.</summary>
    public double Scale { get; init; } = 1;
}
