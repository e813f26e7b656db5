namespace RouterDaemon.Telemetry.Tracing;

/// <summary>Why a collector did not take a message.</summary>
internal sealed class ExportFault(string fault, bool mayRetry, TimeSpan pause)
{
    /// <summary>What is wrong, for the log.</summary>
    public string Fault => fault;

    /// <summary>True when the message may be sent again.</summary>
    public bool MayRetry => mayRetry;

    /// <summary>How long the collector wants to be left alone; zero = it does not say.</summary>
    public TimeSpan Pause => pause;
}
