using System.Runtime.InteropServices;

namespace RouterDaemon.Core.State;

/// <summary>What every request writes, under the state's exclusion; kept off the cache lines of what every decision reads and few events write.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct DeploymentCounters
{
    [FieldOffset(64)]
    public int InFlight;

    /// <summary>Chosen, no first token yet.</summary>
    [FieldOffset(68)]
    public int Unanswered;

    /// <summary>Uncached prompt tokens of the unanswered.</summary>
    [FieldOffset(72)]
    public long PrefillTokens;

    /// <summary>Predicted prefill time of the unanswered, microseconds.</summary>
    [FieldOffset(80)]
    public long PrefillWorkUs;

    /// <summary>Prompt tokens and answer tokens so far of all in flight: what they hold of the KV cache.</summary>
    [FieldOffset(88)]
    public long KvTokens;

    /// <summary>When the last token of any request arrived, or when the first request after idleness was sent.</summary>
    [FieldOffset(96)]
    public long ProgressNs;

    /// <summary>1 while a half-open trial is under way.</summary>
    [FieldOffset(104)]
    public int Trial;

    /// <summary>In flight whose first token came too late: their objective is lost, nothing can make them miss it any more.</summary>
    [FieldOffset(108)]
    public int Lost;

    /// <summary>All prompt tokens ever sent that were not matched: the clock by which prefixes age.</summary>
    [FieldOffset(112)]
    public long TokenClock;

    /// <summary>Predicted prefill time, microseconds, of everything answered so far.</summary>
    [FieldOffset(120)]
    public long AnsweredWorkUs;

    /// <summary>When the unanswered request at the head began to be worked on: the last first token, or the first request after idleness.</summary>
    [FieldOffset(128)]
    public long HeadNs;
}
