namespace RouterDaemon.Store.Journal;

/// <summary>Sizes of the journal.</summary>
public sealed record JournalOptions
{
    /// <summary>Records the ring holds until they are in SQLite, 64..1048576. Default 262144 = 96 MiB of a sparse file, touched only as
    /// far as used: ten seconds of more requests than one core can relay.</summary>
    public int CapacityRecords { get; init; } = 262_144;

    /// <summary>Bytes of interned names, 4096..16777216. Default 1 MiB. When full, further names are recorded as absent and counted.</summary>
    public int NamesBytes { get; init; } = 1 << 20;

    /// <summary>
    /// How often an append that finds the ring full looks again before it gives up and counts a drop; each look yields the core.
    /// Default 64. 0 = drop at once.
    /// </summary>
    public int FullSpins { get; init; } = 64;
}
