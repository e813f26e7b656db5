namespace RouterDaemon.Store.Journal;

/// <summary>Bits of <see cref="RequestRecord.Flags"/>. Append only.</summary>
[Flags]
public enum RequestFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The client asked for a stream.</summary>
    Streamed = 1,

    /// <summary>
    /// An attempt that failed before its request was retried: becomes a <c>requests</c> row with the suffix <c>.N</c>
    /// (N = <see cref="RequestRecord.Attempts"/> so far) and no <c>r_outcomes</c> row.
    /// </summary>
    IntermediateAttempt = 2,
}
