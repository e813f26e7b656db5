namespace RouterDaemon.Store;

/// <summary>What a context store holds.</summary>
public enum StoreKind
{
    /// <summary>The daemon's own traffic; time is the wall clock.</summary>
    Live,

    /// <summary>
    /// The generated demo data; "now" is its newest timestamp. Its five contract tables are frozen: a daemon that runs on it
    /// records traffic in <c>r_outcomes</c> only.
    /// </summary>
    Demo,
}
