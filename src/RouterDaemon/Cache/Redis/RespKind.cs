namespace RouterDaemon.Cache.Redis;

/// <summary>Kinds of replies in RESP2 that the commands in use can get.</summary>
internal enum RespKind : byte
{
    /// <summary><c>+OK</c>.</summary>
    Text,

    /// <summary><c>-ERR ...</c>.</summary>
    Error,

    /// <summary><c>:1</c>.</summary>
    Integer,

    /// <summary><c>$5 ...</c>.</summary>
    Bulk,

    /// <summary><c>$-1</c>.</summary>
    Null,
}
