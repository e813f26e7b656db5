namespace RouterDaemon.Engine;

/// <summary>Whether a model runs in a process of its own.</summary>
public enum EngineIsolation
{
    /// <summary>A process of its own when layers go to a GPU, whose memory only then comes back for certain; else this process.</summary>
    Auto,

    /// <summary>In this process.</summary>
    None,

    /// <summary>In a process of its own: a crash of the library costs that model's running requests and nothing else.</summary>
    Process,
}
