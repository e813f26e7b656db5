namespace RouterDaemon.Engine;

/// <summary>How the vectors of a text's tokens become one; values of <c>llama_pooling_type</c> in llama.h.</summary>
public enum PoolingKind
{
    /// <summary>Not said, or none: the model generates text.</summary>
    None = 0,

    /// <summary>Their mean.</summary>
    Mean = 1,

    /// <summary>The first token's.</summary>
    Cls = 2,

    /// <summary>The last token's.</summary>
    Last = 3,

    /// <summary>A score of a text against a query, for reranking.</summary>
    Rank = 4,
}
