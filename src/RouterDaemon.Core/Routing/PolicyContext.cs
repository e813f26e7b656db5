using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Routing;

/// <summary>
/// What a policy decides on: usable candidates only, with what a router can see of them. A candidate is named by its lane: place of its block in the
/// candidate set * 8 + lane in the block.
/// </summary>
public ref struct PolicyContext
{
    private readonly RouterScratch _scratch;
    private bool _listed;
    private bool _priced;
    private int _lanes;

    /// <summary>Starts a decision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal PolicyContext(
        CandidateSet candidates, RouterScratch scratch, ref readonly RouteRequest request, long nowNs, int usable, float output, long sequence, ulong random)
    {
        Candidates = candidates;
        _scratch = scratch;
        Request = ref request;
        NowNs = nowNs;
        ref readonly var weights = ref request.Weights;
        SloTtft = 1e-3f * (request.SloTtftMs > 0 ? request.SloTtftMs : weights.SloTtftMs);
        SloTpot = 1e-3f * (request.SloTpotMs > 0 ? request.SloTpotMs : weights.SloTpotMs);
        UsableCount = usable;
        OutputTokens = output;
        MoneyFactor = weights.Money;
        Sequence = sequence;
        Random = random;
        RunnerUp = -1;
    }

    /// <summary>The candidates, usable or not.</summary>
    public CandidateSet Candidates { get; }

    /// <summary>How many are usable; at least one.</summary>
    public int UsableCount { get; internal set; }

    /// <summary>Lanes of the usable candidates in order of preference.</summary>
    public ReadOnlySpan<int> Usable
    {
        get
        {
            if (!_listed)
                List();
            return _scratch.Order.AsSpan(0, _lanes);
        }
    }

    /// <summary>The request.</summary>
    public readonly ref readonly RouteRequest Request;

    /// <summary>Now.</summary>
    public long NowNs { get; }

    /// <summary>Expected answer tokens.</summary>
    public float OutputTokens { get; set; }

    /// <summary>Factor on money of the request's weights; a deployment's budgets come on top.</summary>
    public float MoneyFactor { get; set; }

    /// <summary>Objective for the first token, seconds; 0 = none.</summary>
    public float SloTtft { get; }

    /// <summary>Objective for the time between tokens, seconds; 0 = none.</summary>
    public float SloTpot { get; }

    /// <summary>USD for staying at the session's deployment; 0 = no session.</summary>
    public float SessionAffinityUsd { get; set; }

    /// <summary>Prefixes were looked up.</summary>
    internal bool HasMatches { get; set; }

    /// <summary>Chooses the runner-up instead of the winner when that teaches more; set by the router.</summary>
    public bool MayExplore { get; set; }

    /// <summary>Number of the decision.</summary>
    public long Sequence { get; }

    /// <summary>State of the request's own generator.</summary>
    public ulong Random { get; set; }

    /// <summary>Result: lane of the winner.</summary>
    public int Winner { get; set; }

    /// <summary>Result: lane of the second best; -1 = none.</summary>
    public int RunnerUp { get; set; }

    /// <summary>Result: the winner was chosen to learn.</summary>
    public bool Explored { get; set; }

    /// <summary>The candidate in a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly DeploymentEntry Entry(int lane) => Candidates.Blocks[lane / LaneBlock.Width].Entries[lane % LaneBlock.Width]!;

    /// <summary>Counters and estimates of the candidate in a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly DeploymentState State(int lane) => Entry(lane).State;

    /// <summary>The number in the snapshot of the candidate in a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Number(int lane) => Lanes8.At(in Candidates.Blocks[lane / LaneBlock.Width].Numbers, lane % LaneBlock.Width);

    /// <summary>Prompt tokens that the candidate in a lane was sent before; raw, not calibrated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float MatchedAt(int lane) => HasMatches ? Lanes8.At(in _scratch.Matched[lane / LaneBlock.Width], lane % LaneBlock.Width) : 0;

    /// <summary>Prices all usable candidates: terms for <see cref="PriceOf"/>, sums for <see cref="Scores"/>, infinite where nothing is usable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PriceAll()
    {
        var none = Vector256.Create(float.PositiveInfinity);
        for (var place = 0; place < Candidates.Blocks.Length; place++)
        {
            var usable = _scratch.Usable[place];
            _scratch.Scores[place] = usable == 0 ? none
                : Vector256.ConditionalSelect(Lanes8.Mask(usable), Pricing.Evaluate(in this, place, out _scratch.Terms[place]), none);
        }

        _priced = true;
    }

    /// <summary>The terms of a lane's block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly ref readonly TermLanes PriceOf(int lane)
    {
        ref var terms = ref _scratch.Terms[lane / LaneBlock.Width];
        if (!_priced)
            Pricing.Evaluate(in this, lane / LaneBlock.Width, out terms);
        return ref terms;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly Vector256<float> MatchedIn(int place) => HasMatches ? _scratch.Matched[place] : Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly Vector256<float> AffinityIn(int place) => SessionAffinityUsd == 0 ? Vector256<float>.Zero
        : Lanes8.Mask(_scratch.SessionHomes[place]) & Vector256.Create(-SessionAffinityUsd);

    /// <summary>By block: the sums that are compared.</summary>
    internal readonly Span<Vector256<float>> Scores => _scratch.Scores.AsSpan(0, Candidates.Blocks.Length);

    internal void Remove(int lane)
    {
        _scratch.Usable[lane / LaneBlock.Width] &= (byte)~(1 << (lane % LaneBlock.Width));
        UsableCount--;
        _listed = false;
    }

    /// <summary>The next random number (SplitMix64).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        var z = Random += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A uniform number in 0..<paramref name="count"/>-1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NextIndex(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>A uniform number in [0, 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double NextDouble() => (long)(Next() >> 11) * (1.0 / (1UL << 53));

    private void List()
    {
        _listed = true;
        _lanes = 0;
        foreach (var lane in Candidates.Lanes)
        {
            if ((_scratch.Usable[lane / LaneBlock.Width] >> (lane % LaneBlock.Width) & 1) != 0)
                _scratch.Order[_lanes++] = lane;
        }
    }
}
