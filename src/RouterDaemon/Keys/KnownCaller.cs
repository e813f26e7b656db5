namespace RouterDaemon.Keys;

/// <summary>
/// The key that a connection presented last. Both servers hand out the same string while a connection repeats a header's bytes, so it need not be hashed again.
/// </summary>
internal struct KnownCaller
{
    /// <summary>The header's text, compared by reference.</summary>
    public string? Text;

    /// <summary><see cref="KeyRegistry.Version"/> when it was looked up.</summary>
    public object? Version;

    /// <summary>The key; null = none with that text.</summary>
    public ApiKey? Key;
}
