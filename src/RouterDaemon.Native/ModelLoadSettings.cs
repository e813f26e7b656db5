namespace RouterDaemon.Native;

/// <summary>How a model file is loaded.</summary>
/// <param name="GpuLayers">Layers to offload; -1 = all, 0 = none.</param>
/// <param name="VocabularyOnly">Load the tokenizer and metadata without weights.</param>
public sealed record ModelLoadSettings(int GpuLayers = -1, bool VocabularyOnly = false);
