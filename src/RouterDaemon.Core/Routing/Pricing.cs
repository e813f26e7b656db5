using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Routing;

/// <summary>
/// The price of sending one request to one deployment: one sum in USD of money, time, harm to others, risk and quality; of eight deployments at once.
/// Started from the formula of the routing specification, section 5; what the simulator showed to be better is said at the term. The tests hold a plain
/// scalar version beside it (<c>ScalarPricing</c>): change both.
/// </summary>
internal static class Pricing
{
    /// <summary>
    /// Seconds beyond the objective for the first token count this much more: what is late anyway must not be left to rot. 0 gives 1 to 2 points more goodput
    /// on long prompts and a third more TTFT p99, 4 the opposite.
    /// </summary>
    internal const float LateFactor = 3;

    /// <summary>
    /// Seconds that are overdue count this much more: without it a short request that misses its objective anyway was sent to wait behind everybody, and the
    /// TTFT p99 of Azure code was 6.2 s where others have 4.8. 32 to 128 give nearly the same. Counting all late seconds so (<see cref="LateFactor"/> of 64)
    /// costs up to 6 points of goodput on long prompts.
    /// </summary>
    internal const float OverdueFactor = 64;

    /// <summary>Seconds for each prompt token that a first token may be late before it is overdue: a long prompt takes long anywhere.</summary>
    internal const float OverdueSecondsPerToken = 3e-4f;

    /// <summary>Weight of others' misses against their time. Tuned on the two public traces; between 4 and 12 little changes.</summary>
    internal const float OthersMissFactor = 8;

    /// <summary>Slack of a token, as a share of the objective, that is assumed at least: without it a saturated deployment would look harmless.</summary>
    internal const float LeastSlack = 0.3f;

    private static Vector256<float> Half => Vector256.Create(0.5f);

    /// <summary>Every term of the candidates of one block, and their sum; lanes without a candidate hold something as well.</summary>
    public static Vector256<float> Evaluate(ref readonly PolicyContext context, int place, out TermLanes terms)
    {
        var block = context.Candidates.Blocks[place];
        ref readonly var request = ref context.Request;
        ref readonly var weights = ref request.Weights;
        float output = context.OutputTokens, sloTtft = context.SloTtft, sloTpot = context.SloTpot;
        // Sixteen registers are few: what is known is written and summed at once, and what is needed last is computed last.
        var cached = Vector256.MinNative(context.MatchedIn(place) * block.HitRatio, Vector256.Create((float)request.PromptTokens));
        var uncached = Vector256.Create((float)request.PromptTokens) - cached;
        terms.Cached = cached;
        var cost = 1e-6f * ((uncached * block.InputUsdPerMillion) + (cached * block.CachedInputUsdPerMillion) + (output * block.OutputUsdPerMillion));
        terms.Cost = cost;
        var work = uncached * Fused(block.AttentionPerPair, Fused(Half, uncached, cached), block.PrefillPerToken);
        terms.Prefill = work;

        var money = cost * (context.MoneyFactor * block.MoneyFactor);
        terms.Money = money;
        var failure = weights.FailureUsd * block.FailureRisk;
        terms.Failure = failure;
        var taskClass = (int)request.TaskClass & (DeploymentState.ClassCount - 1);
        var expected = (block.QualityWeight[taskClass] * block.Quality) + block.QualityScore[taskClass];
        var quality = weights.QualityUsd * (Vector256.Create(1f) - expected);
        terms.Quality = quality;
        var affinity = context.AffinityIn(place);
        terms.Affinity = affinity;
        var sum = (money + failure) + (quality + affinity);

        var inFlight = Vector256.ConvertToSingle(block.InFlight);
        // Never below 0: the ticks of a deployment idle for long have gone round, and another thread's event may be stamped later than this decision.
        var ticks = Vector256.Max(NowTicks(context.NowNs) - block.HeadTicks, Vector256<int>.Zero);
        var done = (1e-9f * (1 << LaneBlock.TickShift)) * Vector256.ConvertToSingle(ticks);
        var ahead = Vector256.MaxNative(block.AheadSeconds - done, block.LeastAheadSeconds);
        terms.Ahead = ahead;
        var queue = Fused(block.QueueCoupling, ahead, SlotWait(block, inFlight));
        terms.Queue = queue;
        var own = block.BaseTtft + work;
        var ttft = Vector256.MaxNative(own + queue, Silence(block, context.NowNs));
        terms.Ttft = ttft;
        var itl = Vector256.MaxNative(Fused(block.ItlPerStream, inFlight - block.MeanStreams, block.Itl), 0.1f * block.Itl);
        terms.Itl = itl;
        var total = Fused(Vector256.Create(output), itl, ttft);

        var late = Vector256.MaxNative(Vector256<float>.Zero, ttft - Vector256.Create(sloTtft));
        // Only waiting can be overdue: one's own prefill takes its time anywhere, and an API that is slow is no queue.
        var waited = Vector256.MinNative(late - (OverdueSecondsPerToken * Vector256.Create((float)request.PromptTokens)), ttft - own);
        var overdue = Vector256.MaxNative(Vector256<float>.Zero, waited);
        var time = weights.TimeUsdPerSecond * Fused(Vector256.Create(OverdueFactor), overdue, Fused(Vector256.Create(LateFactor), late, total));
        terms.Time = time;
        sum += time;
        var harm = Externality(block, in weights, inFlight, work, output, itl, sloTpot);
        terms.Externality = harm;

        var hit = Vector256.Create(1f);
        if (sloTtft > 0)
            hit = Logistic(Vector256.Create(sloTtft) - ttft, Fused(block.TtftSigma, ttft, Vector256.Create(0.02f)));
        if (sloTpot > 0)
            hit *= Logistic(Vector256.Create(sloTpot) - itl, Fused(block.ItlSigma, itl, Vector256.Create(0.001f)));
        if (request.DeadlineMs > 0)
            hit *= Logistic(Vector256.Create(request.DeadlineMs * 1e-3f) - total, 0.3f * total);
        var miss = Vector256.Create(1f) - hit;
        terms.Miss = miss;
        sum += Fused(Vector256.Create(weights.SloMissUsd), miss, harm);
        // What cannot be compared never wins: of a pair with one that is no number, the native minimum is the second.
        return terms.Total = Vector256.MinNative(sum, Vector256.Create(float.MaxValue));
    }

    /// <summary>One candidate's terms out of its block's.</summary>
    public static void Extract(ref readonly PolicyContext context, in TermLanes lanes, int lane, out CandidateTerms terms)
    {
        ref readonly var weights = ref context.Request.Weights;
        terms.TtftMs = Lanes8.At(in lanes.Ttft, lane) * 1e3f;
        terms.QueueMs = Lanes8.At(in lanes.Queue, lane) * 1e3f;
        terms.PrefillMs = Lanes8.At(in lanes.Prefill, lane) * 1e3f;
        terms.ItlMs = Lanes8.At(in lanes.Itl, lane) * 1e3f;
        terms.OutputTokens = context.OutputTokens;
        terms.CachedTokens = Lanes8.At(in lanes.Cached, lane);
        var miss = Lanes8.At(in lanes.Miss, lane);
        terms.MissProbability = miss;
        terms.CostUsd = Lanes8.At(in lanes.Cost, lane);
        terms.MoneyUsd = Lanes8.At(in lanes.Money, lane);
        terms.TimeUsd = Lanes8.At(in lanes.Time, lane);
        terms.ExternalityUsd = Lanes8.At(in lanes.Externality, lane);
        terms.MissUsd = weights.SloMissUsd * miss;
        terms.FailureUsd = Lanes8.At(in lanes.Failure, lane);
        terms.QualityUsd = Lanes8.At(in lanes.Quality, lane);
        terms.AffinityUsd = Lanes8.At(in lanes.Affinity, lane);
        terms.TotalUsd = Lanes8.At(in lanes.Total, lane);
    }

    /// <summary>Seconds until a slot is free and the model is loaded; what the engine says itself goes before what the counters say.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> SlotWait(LaneBlock block, Vector256<float> inFlight)
    {
        var beyond = Vector256.MaxNative(Vector256<float>.Zero, inFlight + Vector256.Create(1f) - block.Slots);
        var before = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(block.Queued, Vector256<float>.Zero), block.Queued, beyond);
        return Fused(before, block.Service * block.PerSlot, block.LoadSeconds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> NowTicks(long nowNs) => Vector256.Create((int)(nowNs >> LaneBlock.TickShift));

    /// <summary>Seconds since a deployment last gave a token, where somebody waits for one: a stalled deployment grows dearer by itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Silence(LaneBlock block, long nowNs)
    {
        var ticks = NowTicks(nowNs) - block.ProgressTicks;
        var waiting = Vector256.GreaterThan(block.Unanswered, Vector256<int>.Zero);
        return (1e-9f * (1 << LaneBlock.TickShift)) * Vector256.ConvertToSingle(ticks & waiting);
    }

    /// <summary>
    /// What the request does to those that already run there. Its prefill stops every running answer for a share of the time it takes (learned: about 1 for
    /// one engine, 1/k for k engines behind one address, 0 for a hosted API), and its decoding slows every step. The time is priced as time. An answer
    /// misses its objective when it ends before it has made up the lost time; with answer lengths spread exponentially around the mean, that has the
    /// probability 1 - exp(-lost / (mean length * slack of a token)). One whose first token was late has missed already and is not counted.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Externality(
        LaneBlock block, in RoutingWeights weights, Vector256<float> inFlight, Vector256<float> work, float output, Vector256<float> itl, float sloTpot)
    {
        var lost = Fused(block.Interference, work, output * block.ItlPerStream);
        var usd = inFlight * (weights.TimeUsdPerSecond * lost);
        if (sloTpot > 0)
        {
            var undisturbed = Vector256.MaxNative(itl - (block.Interference * block.MeanWork), Vector256.Create(1e-4f));
            var slack = block.MeanOutputTokens * Vector256.MaxNative(Vector256.Create(sloTpot) - undisturbed, Vector256.Create(LeastSlack * sloTpot));
            var alive = Logistic(Vector256.Create(sloTpot) - undisturbed, Fused(block.ItlSigma, undisturbed, Vector256.Create(0.001f)));
            usd += OthersMissFactor * weights.SloMissUsd * block.Alive * alive * ExponentialShare(lost, slack);
        }

        return weights.Externality * usd;
    }

    /// <summary>A rational stand-in for 1 - exp(-x / scale), x >= 0, with one division.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ExponentialShare(Vector256<float> x, Vector256<float> scale)
    {
        var low = scale * scale;
        var high = x * Fused(Half, x, scale);
        return high / (low + high);
    }

    /// <summary>
    /// A rational stand-in for the logistic function of distance / width: a deployment that is safe by several widths must look safe, so the tail falls with
    /// the third power. The series of (exp(2y) + 1) / 2, y = distance / (2 * width), up to y^3; with one division.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Logistic(Vector256<float> distance, Vector256<float> width)
    {
        var unit = width + width;
        var square = unit * unit;
        var far = Vector256.Abs(distance);
        var near = square * unit;
        var below = (0.5f * near) / Fused(far, Fused(far, Fused(far, Vector256.Create(2 / 3f), unit), square), near);
        return Vector256.ConditionalSelect(Vector256.LessThan(distance, Vector256<float>.Zero), below, Vector256.Create(1f) - below);
    }

    /// <summary>a * b + c, rounded once on every machine: a decision replays the same everywhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Fused(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);
}
