namespace RouterDaemon.Config;

/// <summary>Whether a model runs in a process of its own.</summary>
internal enum IsolationMode : byte
{
    /// <summary>A process of its own where a crash of the library or a GPU would take the daemon along; else inside the daemon.</summary>
    Auto,

    /// <summary>Inside the daemon.</summary>
    None,

    /// <summary>In a child process.</summary>
    Process,
}
