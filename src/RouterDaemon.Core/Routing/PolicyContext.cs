using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Routing;

/// <summary>What a policy decides on: usable candidates only, with what a router can see of them.</summary>
public ref struct PolicyContext
{
    /// <summary>Stands where terms are not wanted.</summary>
    internal CandidateTerms Unwritten;

    /// <summary>Starts a decision.</summary>
    public PolicyContext(FleetSnapshot fleet, ref readonly RouteRequest request, long nowNs)
    {
        Fleet = fleet;
        Request = ref request;
        NowNs = nowNs;
        ref readonly var weights = ref request.Weights;
        SloTtft = 1e-3f * (request.SloTtftMs > 0 ? request.SloTtftMs : weights.SloTtftMs);
        SloTpot = 1e-3f * (request.SloTpotMs > 0 ? request.SloTpotMs : weights.SloTpotMs);
        MoneyFactor = weights.Money;
        RunnerUp = -1;
    }

    /// <summary>The fleet.</summary>
    public FleetSnapshot Fleet { get; }

    /// <summary>Numbers of the usable deployments; never empty.</summary>
    public ReadOnlySpan<int> Usable { get; set; }

    /// <summary>Prompt tokens that each usable candidate was sent before, by position in <see cref="Usable"/>; raw, not calibrated.</summary>
    public ReadOnlySpan<float> Matched { get; set; }

    /// <summary>Session affinity, by position: true for the session's usual deployment. Empty = no session.</summary>
    public ReadOnlySpan<bool> SessionHome { get; set; }

    /// <summary>The request.</summary>
    public readonly ref readonly RouteRequest Request;

    /// <summary>Now.</summary>
    public long NowNs { get; }

    /// <summary>Expected answer tokens.</summary>
    public float OutputTokens { get; set; }

    /// <summary>Factor on money: the weights' and the budget's.</summary>
    public float MoneyFactor { get; set; }

    /// <summary>Objective for the first token, seconds; 0 = none.</summary>
    public float SloTtft { get; }

    /// <summary>Objective for the time between tokens, seconds; 0 = none.</summary>
    public float SloTpot { get; }

    /// <summary>USD for staying at the session's deployment.</summary>
    public float SessionAffinityUsd { get; set; }

    /// <summary>Chooses the runner-up instead of the winner when that teaches more; set by the router.</summary>
    public bool MayExplore { get; set; }

    /// <summary>State of the request's own generator.</summary>
    public ulong Random { get; set; }

    /// <summary>Result: position of the winner in <see cref="Usable"/>.</summary>
    public int Winner { get; set; }

    /// <summary>Result: position of the second best; -1 = none.</summary>
    public int RunnerUp { get; set; }

    /// <summary>Result: the winner was chosen to learn.</summary>
    public bool Explored { get; set; }

    /// <summary>The candidate at a position.</summary>
    public readonly DeploymentEntry Entry(int position) => Fleet.Deployments[Usable[position]];

    /// <summary>Raw matched prompt tokens at a position.</summary>
    public readonly float MatchedAt(int position) => Matched.IsEmpty ? 0 : Matched[position];

    /// <summary>The next random number (SplitMix64).</summary>
    public ulong Next()
    {
        var z = Random += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A uniform number in 0..<paramref name="count"/>-1.</summary>
    public int NextIndex(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>A uniform number in [0, 1).</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));
}
