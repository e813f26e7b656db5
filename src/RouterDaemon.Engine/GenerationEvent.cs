namespace RouterDaemon.Engine;

/// <summary>A piece of output, or the end.</summary>
/// <param name="Text">Whole UTF-8 characters; empty in the closing event unless text was held back. Bytes that are not UTF-8 become U+FFFD.</param>
/// <param name="TokenId">The last token that the text covers; -1 when it covers none.</param>
/// <param name="TokenCount">Tokens that the text covers: several when characters or possible stop strings were held back.</param>
/// <param name="LogProbs">One entry for each token covered; null unless asked for.</param>
/// <param name="Finished">Set in the last event.</param>
public readonly record struct GenerationEvent(
    ReadOnlyMemory<byte> Text,
    int TokenId,
    int TokenCount,
    IReadOnlyList<TokenLogProb>? LogProbs,
    GenerationResult? Finished);
