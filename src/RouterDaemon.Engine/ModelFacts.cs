namespace RouterDaemon.Engine;

/// <summary>What a loaded model says about itself.</summary>
/// <param name="Id">Name by which requests choose the model.</param>
/// <param name="Description">llama.cpp's one-line description.</param>
/// <param name="Architecture"><c>general.architecture</c> of the file.</param>
/// <param name="ParameterCount">Number of weights.</param>
/// <param name="WeightBytes">Size of all tensors.</param>
/// <param name="TrainedContextTokens">Context the model was trained with.</param>
/// <param name="ContextTokens">Context of each slot as loaded.</param>
/// <param name="EmbeddingLength">Width of the hidden state.</param>
/// <param name="LayerCount">Number of layers.</param>
/// <param name="VocabularySize">Number of tokens known.</param>
/// <param name="ChatTemplate">The file's own template, null when it has none.</param>
public sealed record ModelFacts(
    string Id,
    string Description,
    string Architecture,
    long ParameterCount,
    long WeightBytes,
    int TrainedContextTokens,
    int ContextTokens,
    int EmbeddingLength,
    int LayerCount,
    int VocabularySize,
    string? ChatTemplate);
