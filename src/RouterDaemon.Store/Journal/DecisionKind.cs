namespace RouterDaemon.Store.Journal;

/// <summary>The value of the <c>x-routerd-decision</c> header. Stored by number: append only.</summary>
public enum DecisionKind : byte
{
    /// <summary>Nothing was decided: refused before routing.</summary>
    None = 0,

    /// <summary>First choice.</summary>
    Chosen = 1,

    /// <summary>A later choice after an attempt failed.</summary>
    Fallback = 2,

    /// <summary>A hedge won.</summary>
    Hedged = 3,

    /// <summary>Answered from the cache.</summary>
    Cached = 4,
}
