namespace RouterDaemon.Http.Server;

/// <summary>What a client may ask of a connection before and after its request.</summary>
internal static class ServerLimits
{
    /// <summary>Longest request line; beyond it 414.</summary>
    public const int MaxRequestLineBytes = 8 * 1024;

    /// <summary>Largest head, request line and empty line included; beyond it 431.</summary>
    public const int MaxHeadBytes = 32 * 1024;

    /// <summary>Most header lines; beyond them 431.</summary>
    public const int MaxHeaders = 100;

    /// <summary>Slowest body, bytes a second, after <see cref="Grace"/>.</summary>
    public const int MinBytesPerSecond = 240;

    /// <summary>An idle connection is closed after this.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(5);

    /// <summary>From the first byte of a head to its last.</summary>
    public static readonly TimeSpan Head = TimeSpan.FromSeconds(30);

    /// <summary>Wait for a body before its rate counts.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>A client that takes nothing of its answer for this long is given up; the relay's own limit is <c>limits.client_stall</c>.</summary>
    public static readonly TimeSpan Reader = TimeSpan.FromMinutes(5);

    /// <summary>How long the unread rest of a body is read over after its answer, so that the client can read that.</summary>
    public static readonly TimeSpan Drain = TimeSpan.FromSeconds(5);
}
