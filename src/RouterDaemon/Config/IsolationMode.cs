namespace RouterDaemon.Config;

/// <summary>Where an on-device model runs.</summary>
internal enum IsolationMode : byte
{
    /// <summary>The daemon chooses.</summary>
    Auto,

    /// <summary>In the daemon's process.</summary>
    None,

    /// <summary>In a child process.</summary>
    Process,
}
