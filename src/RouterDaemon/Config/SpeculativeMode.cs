namespace RouterDaemon.Config;

/// <summary>When an on-device model guesses tokens and checks them together.</summary>
internal enum SpeculativeMode
{
    /// <summary>As far as it pays.</summary>
    Auto,

    /// <summary>Whenever there is a guess.</summary>
    Always,

    /// <summary>Never.</summary>
    Off,
}
