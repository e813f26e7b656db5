namespace RouterDaemon.Core.Wire;

/// <summary>A cheap guess at what a request is about; quality priors are kept for each class. Values are persisted: append only.</summary>
public enum TaskClass : byte
{
    /// <summary>Conversation, the default.</summary>
    Chat = 0,

    /// <summary>Source code in the last message.</summary>
    Code = 1,

    /// <summary>Structured output is demanded.</summary>
    Structured = 2,

    /// <summary>Tools are offered.</summary>
    Tools = 3,

    /// <summary>A prompt of more than 64 KiB of text.</summary>
    Long = 4,

    /// <summary>Images or audio.</summary>
    Media = 5,

    /// <summary>A plain prompt without messages.</summary>
    Completion = 6,

    /// <summary>Embeddings: an input without a conversation. Set by the route, never guessed.</summary>
    Embedding = 7,
}
