using System.Numerics;
using System.Runtime.Intrinsics;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Routing;

/// <summary>The hard rules: what a request must not be sent to, whatever it costs. Eight deployments at once, and one by one where time plays a part.</summary>
internal static class CandidateMask
{
    /// <summary>Reasons that time can cure.</summary>
    public const MaskReason Passing = MaskReason.Breaker | MaskReason.Down | MaskReason.Full;

    private const float LongAnswerTokens = 4096;
    private const float LongAnswerFactor = 4;

    /// <summary>All reasons against a deployment, the last-resort rule excepted.</summary>
    public static MaskReason Check(DeploymentEntry entry, int deployment, in RouteRequest request, float output, long nowNs)
    {
        var state = entry.State;
        var mask = state.Guard(nowNs);
        if ((request.Required & ~entry.Capabilities) != 0)
            mask |= MaskReason.Capability;
        if (entry.Trust < request.PrivacyFloor)
            mask |= MaskReason.Privacy;
        if (entry.ContextTokens > 0 && ContextNeeded(in request) > entry.ContextTokens)
            mask |= MaskReason.Context;
        if ((request.RequiredTags & ~entry.Tags) != 0)
            mask |= MaskReason.Tags;
        if (request.MaxCostUsd > 0 && WorstCostUsd(entry, in request, output) > request.MaxCostUsd)
            mask |= MaskReason.Cost;
        foreach (var budget in entry.Budgets)
            mask |= budget.HasRoomFor(MostCostUsd(entry, in request, output)) ? MaskReason.None : MaskReason.Budget;
        if (state.InFlight >= state.EffectiveCap(entry.MaxInFlight))
            mask |= MaskReason.Full;
        if (request.Tried.Count > 0 && request.Tried.Contains(deployment))
            mask |= MaskReason.Tried;
        return mask;
    }

    /// <summary>The same for a block: returns the bits of the usable among <paramref name="candidates"/> and notes the reasons against the others.</summary>
    public static int Check(LaneBlock block, int candidates, in RouteRequest request, float output, long nowNs, ref RouteDecision decision)
    {
        var lacks = Vector256.AndNot(Vector256.Create((int)request.Required), block.Capabilities);
        var capable = Vector256.Equals(lacks, Vector256<int>.Zero);
        var distrusted = Vector256.LessThan(block.Trust, Vector256.Create((int)request.PrivacyFloor));
        var small = Vector256.LessThan(block.Context, Vector256.Create((int)Math.Min(ContextNeeded(in request), int.MaxValue)));
        var open = Vector256.LessThan(block.InFlight, Vector256.Min(block.Cap, block.LearnedCap));
        var against = Lanes8.Bits(distrusted | small | block.Guarded | ~(capable & open)) & candidates;
        if (against == 0 && request.RequiredTags == 0 && !(request.MaxCostUsd > 0) && request.Tried.Count == 0)
            return candidates;

        var reasons = new Reasons(candidates, ref decision);
        reasons.Note(MaskReason.Capability, ~Lanes8.Bits(capable));
        reasons.Note(MaskReason.Privacy, Lanes8.Bits(distrusted));
        reasons.Note(MaskReason.Context, Lanes8.Bits(small));
        reasons.Note(MaskReason.Tags, LacksTags(block, request.RequiredTags));
        reasons.Note(MaskReason.Cost, TooDear(block, candidates, in request, output));
        reasons.Note(MaskReason.Tried, Tried(block, in request.Tried));
        reasons.Note(MaskReason.Full, ~Lanes8.Bits(open));
        for (var left = Lanes8.Bits(block.Guarded) & candidates; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            var guard = block.Entries[lane]!.State.Guard(nowNs);
            if (guard != MaskReason.None)
                reasons.Note(guard, 1 << lane);
        }

        for (var left = reasons.Passing; left != 0; left &= left - 1)
            NoteRecovery(block.Entries[BitOperations.TrailingZeroCount(left)]!, nowNs, ref decision);
        return candidates & ~reasons.Against;
    }

    private static void NoteRecovery(DeploymentEntry entry, long nowNs, ref RouteDecision decision)
    {
        var state = entry.State;
        var recovery = state.InFlight >= state.EffectiveCap(entry.MaxInFlight)
            ? nowNs + (long)(state.Model.Service / Math.Max(1, state.InFlight) * 1e9) : Math.Max(nowNs, state.UsableFromNs);
        decision.RecoveryNs = decision.WaitingHelps ? Math.Min(decision.RecoveryNs, recovery) : recovery;
        decision.WaitingHelps = true;
    }

    private static long ContextNeeded(in RouteRequest request) => (long)request.PromptTokens + Math.Max(request.MaxTokens, 1);

    private static int LacksTags(LaneBlock block, ulong required)
    {
        if (required == 0)
            return 0;
        var low = Vector256.AndNot(Vector256.Create((int)required), block.TagsLow);
        var high = Vector256.AndNot(Vector256.Create((int)(required >> 32)), block.TagsHigh);
        return ~Lanes8.Bits(Vector256.Equals(low | high, Vector256<int>.Zero));
    }

    private static int TooDear(LaneBlock block, int candidates, in RouteRequest request, float output)
    {
        var bits = 0;
        for (var left = request.MaxCostUsd > 0 ? candidates : 0; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            bits |= WorstCostUsd(block.Entries[lane]!, in request, output) > request.MaxCostUsd ? 1 << lane : 0;
        }

        return bits;
    }

    private static int Tried(LaneBlock block, in AttemptSet tried)
    {
        var bits = 0;
        for (var i = 0; i < tried.Count; i++)
            bits |= Lanes8.Bits(Vector256.Equals(block.Numbers, Vector256.Create(tried[i])));
        return bits;
    }

    /// <summary>The prompt as estimated, nothing cached, and as many answer tokens as allowed or, without a limit, as expected.</summary>
    public static double WorstCostUsd(DeploymentEntry entry, in RouteRequest request, float output) =>
        CostUsd(entry, in request, request.PromptTokens, request.MaxTokens > 0 ? request.MaxTokens : output);

    /// <summary>
    /// What a budget must hold for the request: a bound, not an estimate, or many requests at once would spend more than there is. Nobody bills more than
    /// fits the context. Without a limit on the answer the context is the only bound there is, far too much to set aside: a long answer is assumed.
    /// </summary>
    public static double MostCostUsd(DeploymentEntry entry, in RouteRequest request, float output)
    {
        float context = entry.ContextTokens > 0 ? Math.Max(entry.ContextTokens, request.PromptTokens) : float.PositiveInfinity;
        var prompt = Math.Min(Math.Max(request.PromptTokens, request.MostPromptTokens), context);
        var answer = request.MaxTokens > 0 ? request.MaxTokens
            : Math.Min(request.CapTokens > 0 ? request.CapTokens : Math.Max(LongAnswerTokens, LongAnswerFactor * output), context);
        return CostUsd(entry, in request, prompt, answer);
    }

    private static double CostUsd(DeploymentEntry entry, in RouteRequest request, float prompt, float answer) =>
        1e-6 * ((prompt * entry.PriceInputUsdPerMillion) + (answer * Math.Max(1, request.Answers) * entry.PriceOutputUsdPerMillion));

    /// <summary>Adds up the reasons of a block.</summary>
    private ref struct Reasons(int candidates, ref RouteDecision decision)
    {
        private readonly ref RouteDecision _decision = ref decision;
        private int _hard;
        private int _passing;

        public readonly int Against => _hard | _passing;

        /// <summary>Lanes that wait for time alone.</summary>
        public readonly int Passing => _passing & ~_hard;

        public void Note(MaskReason reason, int lanes)
        {
            lanes &= candidates;
            if (lanes == 0)
                return;
            _decision.Masked |= reason;
            _decision.MaskCounts[BitOperations.TrailingZeroCount((uint)reason)] += (ushort)BitOperations.PopCount((uint)lanes);
            if ((reason & CandidateMask.Passing) != 0)
                _passing |= lanes;
            else
                _hard |= lanes;
        }
    }
}
