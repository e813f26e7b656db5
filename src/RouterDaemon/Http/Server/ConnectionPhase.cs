namespace RouterDaemon.Http.Server;

/// <summary>What a connection is at.</summary>
internal enum ConnectionPhase : byte
{
    /// <summary>Between requests, or within a head.</summary>
    Reading,

    /// <summary>The application has the request.</summary>
    Handling,

    /// <summary>The last answer was sent; what the client still sends is read over.</summary>
    Lingering,
}
