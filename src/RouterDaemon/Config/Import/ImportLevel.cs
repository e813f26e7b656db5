namespace RouterDaemon.Config.Import;

/// <summary>How well something of another program's configuration was carried over.</summary>
internal enum ImportLevel : byte
{
    /// <summary>Means the same here.</summary>
    Exact,

    /// <summary>Near enough to use; the note says what differs.</summary>
    Approximate,

    /// <summary>Left out; the note says why.</summary>
    Unsupported,
}
