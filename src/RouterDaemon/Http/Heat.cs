namespace RouterDaemon.Http;

/// <summary>Whether a route runs on the socket thread that read it or hops to the thread pool first.</summary>
internal enum Heat : byte
{
    /// <summary>Never blocks: no SQLite, no files, no DNS.</summary>
    Hot,

    /// <summary>May block: runs on the thread pool.</summary>
    Cold,
}
