using System.Runtime.CompilerServices;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Routing;

/// <summary>The record of one decision: fixed size, unmanaged.</summary>
public struct RouteDecision
{
    /// <summary>Counts up with every decision of a router.</summary>
    public long Sequence;

    /// <summary>When it was taken.</summary>
    public long NowNs;

    /// <summary>Generation of the fleet it was taken on.</summary>
    public long FleetGeneration;

    /// <summary>Number of the chosen deployment in the snapshot; -1 = none.</summary>
    public int Winner;

    /// <summary>Number of the second best; -1 = there was none.</summary>
    public int RunnerUp;

    /// <summary>Number of the policy in <see cref="RoutingPolicies.Table"/>.</summary>
    public int Policy;

    /// <summary>Candidates before the mask.</summary>
    public int Candidates;

    /// <summary>Candidates behind the mask.</summary>
    public int Usable;

    /// <summary>The winner was tried to learn about it, not because it was cheapest.</summary>
    public bool Explored;

    /// <summary>The winner's breaker is half open and this request tries it.</summary>
    public bool Trial;

    /// <summary>Nothing was usable, but waiting until <see cref="RecoveryNs"/> could help.</summary>
    public bool WaitingHelps;

    /// <summary>All reasons met.</summary>
    public MaskReason Masked;

    /// <summary>Candidates masked, by reason.</summary>
    public MaskCounts MaskCounts;

    /// <summary>When the first masked candidate can be usable again, same clock as NowNs; 0 = unknown or never.</summary>
    public long RecoveryNs;

    /// <summary>The chosen deployment's terms.</summary>
    public CandidateTerms WinnerTerms;

    /// <summary>The second best's terms.</summary>
    public CandidateTerms RunnerUpTerms;

    /// <summary>Starts a record over an old one: everything but <see cref="WinnerTerms"/>, which every end of a decision writes whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Begin(long sequence, long nowNs, CandidateSet candidates)
    {
        Sequence = sequence;
        NowNs = nowNs;
        FleetGeneration = candidates.Fleet.Generation;
        Winner = -1;
        RunnerUp = -1;
        Policy = 0;
        Candidates = candidates.Count;
        Usable = 0;
        Explored = false;
        Trial = false;
        WaitingHelps = false;
        Masked = MaskReason.None;
        MaskCounts = default;
        RecoveryNs = 0;
        RunnerUpTerms = default;
    }
}
