namespace RouterDaemon.Store.Journal;

/// <summary>Service class of a user. Stored by number in the journal: append only.</summary>
public enum UserTier : byte
{
    /// <summary>The default.</summary>
    Standard = 0,

    /// <summary>Premium.</summary>
    Premium = 1,

    /// <summary>Budget.</summary>
    Budget = 2,
}
