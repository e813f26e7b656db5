namespace RouterDaemon.Config;

/// <summary>How the vectors of a text's tokens become one.</summary>
internal enum PoolingMode
{
    /// <summary>No embeddings.</summary>
    None,

    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>The first token's.</summary>
    Cls,

    /// <summary>The last token's.</summary>
    Last,

    /// <summary>A score of a document for a query.</summary>
    Rank,
}
