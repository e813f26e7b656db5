namespace RouterDaemon.Config;

/// <summary>Kind of a listening socket.</summary>
internal enum ListenKind : byte
{
    /// <summary>TCP, plain.</summary>
    Http,

    /// <summary>TCP with TLS.</summary>
    Https,

    /// <summary>Unix domain socket.</summary>
    Unix,
}
