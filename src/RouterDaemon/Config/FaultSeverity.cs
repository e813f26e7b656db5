namespace RouterDaemon.Config;

internal enum FaultSeverity : byte
{
    /// <summary>The configuration is used; something in it may not be what was meant.</summary>
    Warning,

    /// <summary>The configuration is not used.</summary>
    Error,
}
