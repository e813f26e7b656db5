using RouterDaemon.Core.Fleet;
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

    /// <summary>Prices the candidate at a position; a number that cannot be compared (NaN) never leaves.</summary>
    public static void Evaluate(ref PolicyContext context, int position, out CandidateTerms terms)
    {
        var entry = context.Entry(position);
        Evaluate(entry, in context.Request, context.NowNs, context.MatchedAt(position), context.OutputTokens, context.BudgetFactor, out terms);
        if (!context.SessionHome.IsEmpty && context.SessionHome[position])
        {
            terms.AffinityUsd = -context.SessionAffinityUsd;
            terms.TotalUsd -= context.SessionAffinityUsd;
        }
    }

    /// <summary>Prices one deployment.</summary>
    public static void Evaluate(
        DeploymentEntry entry, in RouteRequest request, long nowNs, float matched, float output, float budgetFactor, out CandidateTerms terms)
    {
        var state = entry.State;
        ref readonly var model = ref state.Model;
        ref readonly var weights = ref request.Weights;
        float inFlight = state.InFlight;
        var cached = Math.Min(matched * state.HitRatio, request.PromptTokens);
        var uncached = request.PromptTokens - cached;

        var work = model.Work(uncached, cached);
        var queue = (model.QueueCoupling * state.AheadSeconds()) + state.SlotWait(entry.Slots);
        var ttft = MathF.Max(model.BaseTtft + work + queue, state.SilenceSeconds(nowNs));
        var itl = model.GapAt(inFlight);

        var sloTtft = 1e-3f * (request.SloTtftMs > 0 ? request.SloTtftMs : weights.SloTtftMs);
        var sloTpot = 1e-3f * (request.SloTpotMs > 0 ? request.SloTpotMs : weights.SloTpotMs);
        var hit = 1f;
        if (sloTtft > 0)
            hit = Logistic((sloTtft - ttft) / ((model.TtftSigma * ttft) + 0.02f));
        if (sloTpot > 0)
            hit *= Logistic((sloTpot - itl) / ((model.ItlSigma * itl) + 0.001f));
        var total = ttft + (output * itl);
        if (request.DeadlineMs > 0)
            hit *= Logistic(((request.DeadlineMs * 1e-3f) - total) / (0.3f * total));

        var cost = 1e-6 * ((uncached * entry.PriceInputUsdPerMillion) + (cached * entry.PriceCachedInputUsdPerMillion)
            + (output * entry.PriceOutputUsdPerMillion));
        terms = default;
        terms.TtftMs = ttft * 1e3f;
        terms.QueueMs = queue * 1e3f;
        terms.PrefillMs = work * 1e3f;
        terms.ItlMs = itl * 1e3f;
        terms.OutputTokens = output;
        terms.CachedTokens = cached;
        terms.MissProbability = 1 - hit;
        terms.CostUsd = (float)cost;
        terms.MoneyUsd = (float)cost * weights.Money * budgetFactor;
        terms.TimeUsd = weights.TimeUsdPerSecond * (total + (LateFactor * MathF.Max(0, ttft - sloTtft)));
        terms.ExternalityUsd = Externality(in model, in weights, inFlight, work, output, itl, sloTpot, state.MeanOutputTokens);
        terms.MissUsd = weights.SloMissUsd * (1 - hit);
        terms.FailureUsd = weights.FailureUsd * (state.IsHalfOpen ? 0 : state.FailureRate);
        terms.QualityUsd = weights.QualityUsd * (1 - state.Quality(request.TaskClass, (float)entry.Quality));
        var sum = terms.MoneyUsd + terms.TimeUsd + terms.ExternalityUsd + terms.MissUsd + terms.FailureUsd + terms.QualityUsd;
        terms.TotalUsd = float.IsNaN(sum) ? float.MaxValue : sum;
    }

    /// <summary>
    /// What the request does to those that already run there. Its prefill stops every running answer for a share of the time it takes (learned: about 1 for
    /// one engine, 1/k for k engines behind one address, 0 for a hosted API), and its decoding slows every step. The time is priced as time. An answer
    /// misses its objective when it ends before it has made up the lost time; with answer lengths spread exponentially around the mean, that has the
    /// probability 1 - exp(-lost / (mean length * slack of a token)).
    /// </summary>
    private static float Externality(
        in LatencyModel model, in RoutingWeights weights, float inFlight, float work, float output, float itl, float sloTpot, float meanOutput)
    {
        var lost = (model.Interference * work) + (output * model.ItlPerStream);
        var usd = weights.TimeUsdPerSecond * lost;
        if (sloTpot > 0)
        {
            var undisturbed = MathF.Max(itl - (model.Interference * model.MeanWork), 1e-4f);
            var slack = meanOutput * MathF.Max(sloTpot - undisturbed, LeastSlack * sloTpot);
            var alive = Logistic((sloTpot - undisturbed) / ((model.ItlSigma * undisturbed) + 0.001f));
            usd += OthersMissFactor * weights.SloMissUsd * alive * ExponentialShare(lost / slack);
        }

        return weights.Externality * inFlight * usd;
    }

    /// <summary>A rational stand-in for 1 - exp(-x), x >= 0.</summary>
    private static float ExponentialShare(float x) => 1 - (1 / (1 + x + (0.5f * x * x)));

    /// <summary>A rational stand-in for the logistic function: same slope at 0, no exponential.</summary>
    private static float Logistic(float x)
    {
        x *= 0.5f;
        return 0.5f + (0.5f * x / (1 + MathF.Abs(x)));
    }
}
