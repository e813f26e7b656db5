namespace RouterDaemon.Core.Wire;

/// <summary>What the <c>Connection</c> lines of a head say of the connection; of several, the largest counts.</summary>
public enum ConnectionOption : byte
{
    /// <summary>Nothing: its version decides.</summary>
    None,

    /// <summary>It stays.</summary>
    KeepAlive,

    /// <summary>It ends with this exchange.</summary>
    Close,
}
