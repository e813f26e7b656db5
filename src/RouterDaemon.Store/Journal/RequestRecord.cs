using System.Runtime.InteropServices;

namespace RouterDaemon.Store.Journal;

/// <summary>
/// One finished request as it lies in the journal: <see cref="SizeBytes"/> bytes, unmanaged. Names are numbers from
/// <see cref="RequestJournal.Intern"/>; 0 = absent. Fields are only ever added in the reserved room and then
/// <see cref="CurrentVersion"/> counts up; a journal of another version is replayed by its own layout or refused.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = SizeBytes)]
public struct RequestRecord
{
    /// <summary>Bytes of a record.</summary>
    public const int SizeBytes = 384;

    /// <summary>Layout number, part of the journal's header.</summary>
    public const int CurrentVersion = 1;

    // Written by the journal: the sequence last, so that a record without it was never finished.
    internal ulong Sequence;
    internal ulong Checksum;

    /// <summary>The request's id.</summary>
    public RequestId Id;

    /// <summary>Arrival, microseconds since 1970.</summary>
    public long StartUnixMicros;

    /// <summary>End to end, milliseconds.</summary>
    public double LatencyMs;

    /// <summary>Arrival to first content, milliseconds; NaN = there was none.</summary>
    public double TtftMs;

    /// <summary>Mean time between output tokens, milliseconds; NaN = fewer than two.</summary>
    public double ItlMeanMs;

    /// <summary>What was billed.</summary>
    public double CostUsd;

    /// <summary>The router's prediction; NaN = none.</summary>
    public double PredictedTtftMs;

    /// <summary>The router's prediction; NaN = none.</summary>
    public double PredictedItlMs;

    /// <summary>The router's prediction; NaN = none.</summary>
    public double PredictedCostUsd;

    /// <summary>Interned <c>model/backend</c> that served or failed it; 0 = never routed.</summary>
    public int DeploymentName;

    /// <summary>Interned model id.</summary>
    public int ModelName;

    /// <summary>Interned backend id.</summary>
    public int BackendName;

    /// <summary>Interned virtual model or alias the client asked for.</summary>
    public int VirtualModelName;

    /// <summary>Interned user id; 0 = <see cref="ContextStore.LocalUser"/>.</summary>
    public int UserName;

    /// <summary>Interned API key id.</summary>
    public int KeyName;

    /// <summary>Interned policy name.</summary>
    public int PolicyName;

    /// <summary>Interned deployment id of the second best.</summary>
    public int RunnerUpName;

    /// <summary>Interned task type, e.g. <c>coding</c>.</summary>
    public int TaskTypeName;

    /// <summary>Interned experiment id.</summary>
    public int ExperimentName;

    /// <summary>Prompt tokens as billed.</summary>
    public int PromptTokens;

    /// <summary>Of these, from the provider's prefix cache.</summary>
    public int CachedTokens;

    /// <summary>Answer tokens.</summary>
    public int CompletionTokens;

    /// <summary>The user's latency SLA; 0 = none.</summary>
    public int LatencySlaMs;

    /// <summary>Status sent to the client.</summary>
    public short HttpStatus;

    /// <summary>Attempts made, this one included; 0 = never routed.</summary>
    public byte Attempts;

    /// <summary>How it ended.</summary>
    public RequestOutcome Outcome;

    /// <summary>How its deployment was found.</summary>
    public DecisionKind Decision;

    /// <summary>The user's service class.</summary>
    public UserTier Tier;

    /// <summary>Bits.</summary>
    public RequestFlags Flags;

    /// <summary>Used entries of <see cref="Options"/>.</summary>
    public byte OptionCount;

    /// <summary>Terms of the winner.</summary>
    public DecisionTerms Winner;

    /// <summary>Terms of the runner-up.</summary>
    public DecisionTerms RunnerUp;

    /// <summary>What was weighed, best first.</summary>
    public ConsideredOptions Options;
}
