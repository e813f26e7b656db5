namespace RouterDaemon.RandomModel;

/// <summary>Shape of a llama model.</summary>
internal sealed record ModelShape
{
    /// <summary>Architecture's name in llama.cpp: <c>llama</c>, or <c>qwen3</c>, whose vectors and scores can be pooled.</summary>
    public string Architecture { get; init; } = "llama";

    public int Layers { get; init; } = 12;

    /// <summary>Width of the hidden state, a multiple of 32 times the heads.</summary>
    public int Embedding { get; init; } = 768;

    public int Heads { get; init; } = 12;

    public int KeyValueHeads { get; init; } = 12;

    public int FeedForward { get; init; } = 3072;

    public int ContextTokens { get; init; } = 4096;

    /// <summary>Tokens of the vocabulary; those that the bundled model does not have are words that never occur. 0 = as the bundled model.</summary>
    public int Vocabulary { get; init; }

    /// <summary>Type of the matrices.</summary>
    public TensorType Type { get; init; } = TensorType.Q8_0;

    /// <summary>Value of <c>llama_pooling_type</c>, 0 = none.</summary>
    public uint Pooling { get; init; }

    public ulong Seed { get; init; } = 1;
}
