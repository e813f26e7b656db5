namespace RouterDaemon.Native;

/// <summary>Shape of a context.</summary>
/// <param name="ContextTokens">Cells of the KV cache, all sequences together.</param>
/// <param name="BatchTokens">Most tokens in one decode.</param>
/// <param name="MaxSequences">Sequence ids 0 to this minus one, at most 64.</param>
/// <param name="MaxOutputs">Most rows of logits from one decode.</param>
/// <param name="Threads">Compute threads.</param>
/// <param name="UnifiedCache">One cache for all sequences: prefixes are shared without copying; else each has its own part.</param>
/// <param name="FlashAttention">Let llama.cpp decide; else off, which needs a buffer of heads x batch x context floats.</param>
/// <param name="Embeddings">Give embeddings instead of text.</param>
/// <param name="PoolingType"><c>llama_pooling_type</c>; -1 = as the model says.</param>
/// <param name="OutputsPerSequence">Most rows of logits of one sequence in one decode; with embeddings all rows may be of one.</param>
public sealed record ContextSettings(
    int ContextTokens,
    int BatchTokens,
    int MaxSequences,
    int MaxOutputs,
    int Threads,
    bool UnifiedCache,
    bool FlashAttention = true,
    bool Embeddings = false,
    int PoolingType = -1,
    int OutputsPerSequence = 1);
