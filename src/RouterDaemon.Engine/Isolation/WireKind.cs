namespace RouterDaemon.Engine.Isolation;

/// <summary>First byte of a message: what is asked on a connection, or what is answered.</summary>
internal enum WireKind : byte
{
    /// <summary>Load the model; answered by <see cref="Progress"/>, then <see cref="Done"/>. The connection stays for <see cref="Status"/>.</summary>
    Load = 1,

    /// <summary>Generate; answered by <see cref="Started"/>, then <see cref="Event"/>s up to the last. Closing the connection cancels.</summary>
    Submit = 2,

    /// <summary>Token ids of a text.</summary>
    Tokenize = 3,

    /// <summary>Text of token ids.</summary>
    Detokenize = 4,

    /// <summary>Bytes of one token.</summary>
    Piece = 5,

    /// <summary>The prompt of some messages.</summary>
    Render = 6,

    /// <summary>Vectors of texts.</summary>
    Embed = 7,

    /// <summary>Scores of documents.</summary>
    Score = 8,

    /// <summary>What the slots do.</summary>
    Slots = 9,

    /// <summary>Fraction of a load.</summary>
    Progress = 32,

    /// <summary>The answer of a call.</summary>
    Done = 33,

    /// <summary>An <see cref="EngineException"/>.</summary>
    Failed = 34,

    /// <summary>A generation is queued.</summary>
    Started = 35,

    /// <summary>A piece of a generation.</summary>
    Event = 36,

    /// <summary>Slots in use and the like.</summary>
    Status = 37,
}
