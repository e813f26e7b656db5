using System.Runtime.CompilerServices;
using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Routing;

/// <summary>
/// The price of sending one request to one deployment: one sum in USD of money, time, harm to others, risk and quality. Started from the formula of the
/// routing specification, section 5; what the simulator showed to be better is said at the term.
/// </summary>
internal static class Pricing
{
    /// <summary>Seconds beyond the objective for the first token count this much more: what is late anyway must not be left to rot.</summary>
    private const float LateFactor = 3;

    /// <summary>Weight of others' misses against their time. Tuned on the two public traces; between 4 and 12 little changes.</summary>
    private const float OthersMissFactor = 8;

    /// <summary>Slack of a token, as a share of the objective, that is assumed at least: without it a saturated deployment would look harmless.</summary>
    private const float LeastSlack = 0.3f;

    /// <summary>Every term of the candidate at a position.</summary>
    public static void Evaluate(ref PolicyContext context, int position, out CandidateTerms terms)
    {
        terms = default;
        terms.TotalUsd = Price<AllTerms>(ref context, position, ref terms);
    }

    /// <summary>Only the sum, for ranking.</summary>
    public static float Total(ref PolicyContext context, int position) =>
        Price<SumOnly>(ref context, position, ref context.Unwritten);

    /// <summary>One formula for both: <typeparamref name="TDetail"/> decides at compile time whether the terms are written down.</summary>
    private static float Price<TDetail>(ref PolicyContext context, int position, ref CandidateTerms terms)
        where TDetail : struct
    {
        var entry = context.Entry(position);
        ref readonly var request = ref context.Request;
        var state = entry.State;
        ref readonly var model = ref state.Model;
        ref readonly var weights = ref request.Weights;
        float inFlight = state.InFlight;
        float output = context.OutputTokens, prompt = request.PromptTokens;
        var known = context.MatchedAt(position) * state.HitRatio;
        var cached = known < prompt ? known : prompt;
        var uncached = prompt - cached;

        var work = model.Work(uncached, cached);
        var queue = (model.QueueCoupling * state.AheadSeconds()) + state.SlotWait(entry.Slots);
        var ttft = Larger(model.BaseTtft + work + queue, state.SilenceSeconds(context.NowNs));
        var itl = model.GapAt(inFlight);
        var total = ttft + (output * itl);

        float sloTtft = context.SloTtft, sloTpot = context.SloTpot;
        var hit = 1f;
        if (sloTtft > 0)
            hit = Logistic(sloTtft - ttft, (model.TtftSigma * ttft) + 0.02f);
        if (sloTpot > 0)
            hit *= Logistic(sloTpot - itl, (model.ItlSigma * itl) + 0.001f);
        if (request.DeadlineMs > 0)
            hit *= Logistic((request.DeadlineMs * 1e-3f) - total, 0.3f * total);

        var cost = 1e-6f * ((uncached * (float)entry.PriceInputUsdPerMillion) + (cached * (float)entry.PriceCachedInputUsdPerMillion)
            + (output * (float)entry.PriceOutputUsdPerMillion));
        var money = cost * context.MoneyFactor;
        var time = weights.TimeUsdPerSecond * (total + (LateFactor * Larger(0, ttft - sloTtft)));
        var harm = Externality(in model, in weights, inFlight, work, output, itl, sloTpot, state.MeanOutputTokens);
        var miss = weights.SloMissUsd * (1 - hit);
        var failure = weights.FailureUsd * state.FailureRisk;
        var quality = weights.QualityUsd * (1 - state.Quality(request.TaskClass, (float)entry.Quality));
        var affinity = !context.SessionHome.IsEmpty && context.SessionHome[position] ? -context.SessionAffinityUsd : 0;
        if (typeof(TDetail) == typeof(AllTerms))
        {
            (terms.TtftMs, terms.QueueMs, terms.PrefillMs, terms.ItlMs) = (ttft * 1e3f, queue * 1e3f, work * 1e3f, itl * 1e3f);
            (terms.OutputTokens, terms.CachedTokens, terms.MissProbability, terms.CostUsd) = (output, cached, 1 - hit, cost);
            (terms.MoneyUsd, terms.TimeUsd, terms.ExternalityUsd, terms.MissUsd) = (money, time, harm, miss);
            (terms.FailureUsd, terms.QualityUsd, terms.AffinityUsd) = (failure, quality, affinity);
        }

        var sum = money + time + harm + miss + failure + quality + affinity;
        return float.IsNaN(sum) ? float.MaxValue : sum; // what cannot be compared never wins
    }

    /// <summary>
    /// What the request does to those that already run there. Its prefill stops every running answer for a share of the time it takes (learned: about 1 for
    /// one engine, 1/k for k engines behind one address, 0 for a hosted API), and its decoding slows every step. The time is priced as time. An answer
    /// misses its objective when it ends before it has made up the lost time; with answer lengths spread exponentially around the mean, that has the
    /// probability 1 - exp(-lost / (mean length * slack of a token)).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Externality(
        in LatencyModel model, in RoutingWeights weights, float inFlight, float work, float output, float itl, float sloTpot, float meanOutput)
    {
        var lost = (model.Interference * work) + (output * model.ItlPerStream);
        var usd = weights.TimeUsdPerSecond * lost;
        if (sloTpot > 0)
        {
            var undisturbed = Larger(itl - (model.Interference * model.MeanWork), 1e-4f);
            var slack = meanOutput * Larger(sloTpot - undisturbed, LeastSlack * sloTpot);
            var alive = Logistic(sloTpot - undisturbed, (model.ItlSigma * undisturbed) + 0.001f);
            usd += OthersMissFactor * weights.SloMissUsd * alive * ExponentialShare(lost, slack);
        }

        return weights.Externality * inFlight * usd;
    }

    /// <summary>A rational stand-in for 1 - exp(-x / scale), x >= 0, with one division.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float ExponentialShare(float x, float scale)
    {
        var low = scale * scale;
        var high = x * (scale + (0.5f * x));
        return high / (low + high);
    }

    /// <summary>A rational stand-in for the logistic function of distance / width: same slope at 0, one division and no exponential.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Logistic(float distance, float width) => 0.5f + (0.5f * distance / ((2 * width) + MathF.Abs(distance)));

    /// <summary>MathF.Max without its care for NaN and signed zero, which is dear in a loop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Larger(float a, float b) => a > b ? a : b;

    private struct AllTerms;

    private struct SumOnly;
}
