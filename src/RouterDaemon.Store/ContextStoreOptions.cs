namespace RouterDaemon.Store;

/// <summary>How to open a context store.</summary>
public sealed record ContextStoreOptions
{
    /// <summary>What a new file will hold; an existing file keeps its kind.</summary>
    public StoreKind Kind { get; init; } = StoreKind.Live;

    /// <summary>Read connections at most, 1..64; further readers wait. Default 4.</summary>
    public int Readers { get; init; } = 4;
}
