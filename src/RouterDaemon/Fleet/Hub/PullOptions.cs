namespace RouterDaemon.Fleet.Hub;

/// <summary>How models are pulled.</summary>
internal sealed record PullOptions
{
    /// <summary>The models folder; made when it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary><c>models.db</c>, where it is noted what came from where.</summary>
    public required string RegistryPath { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Pause after the first fault; each further one is twice as long. Default 1 s.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A connection that brings nothing for so long is broken. Default 60 s.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Free bytes on the disk of a folder.</summary>
    public Func<string, long> FreeDiskBytes { get; init; } = static folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Memory that a model could have.</summary>
    public Func<long> FreeMemoryBytes { get; init; } = Engine.MemoryFit.AvailableBytes;

    /// <summary>Told what the user should know.</summary>
    public Action<string> Note { get; init; } = static _ => { };

    /// <summary>Told the part that is done, 0 to 1.</summary>
    public Action<double> Progress { get; init; } = static _ => { };
}
