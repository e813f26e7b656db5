namespace RouterDaemon.Engine;

/// <summary>When tokens are guessed and checked together.</summary>
public enum SpeculationMode
{
    /// <summary>As far as it pays on this machine and for this text.</summary>
    Auto,

    /// <summary>Whenever there is a guess.</summary>
    Always,

    /// <summary>Never.</summary>
    Off,
}
