namespace RouterDaemon.Backends;

/// <summary>What is asked of a deployment; backends map it to their own path.</summary>
internal enum Operation : byte
{
    /// <summary>Chat messages in, a message out.</summary>
    Chat,

    /// <summary>Text in, text out.</summary>
    Completion,

    /// <summary>Texts in, vectors out.</summary>
    Embeddings,

    /// <summary>A query and documents in, scores out.</summary>
    Rerank,
}
