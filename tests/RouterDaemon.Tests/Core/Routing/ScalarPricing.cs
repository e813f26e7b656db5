using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;

namespace RouterDaemon.Tests.Core.Routing;

/// <summary>The price of one candidate, plainly, from the state itself: what <see cref="Pricing"/> must agree with.</summary>
internal static class ScalarPricing
{
    public static CandidateTerms Evaluate(DeploymentEntry entry, in RouteRequest request, float output, float matched, double moneyFactor, float affinityUsd, long nowNs)
    {
        var state = entry.State;
        var model = state.Model;
        model.BaseTtft *= model.Slowdown;
        model.PrefillPerToken *= model.Slowdown;
        model.AttentionPerPair *= model.Slowdown;
        model.Itl *= model.Slowdown;
        model.ItlPerStream *= model.Slowdown;
        var weights = request.Weights;
        float inFlight = state.InFlight;
        var cached = Math.Min(matched * state.HitRatio, request.PromptTokens);
        var uncached = request.PromptTokens - cached;

        var work = model.Work(uncached, cached);
        var queue = (model.QueueCoupling * state.AheadSeconds(nowNs)) + state.SlotWait(entry.Slots);
        var ttft = Math.Max(model.BaseTtft + work + queue, state.SilenceSeconds(nowNs));
        var itl = model.GapAt(inFlight);
        var total = ttft + (output * itl);
        var sloTtft = 1e-3f * (request.SloTtftMs > 0 ? request.SloTtftMs : weights.SloTtftMs);
        var sloTpot = 1e-3f * (request.SloTpotMs > 0 ? request.SloTpotMs : weights.SloTpotMs);

        var hit = 1f;
        if (sloTtft > 0)
            hit *= Logistic(sloTtft - ttft, (model.TtftSigma * ttft) + 0.02f);
        if (sloTpot > 0)
            hit *= Logistic(sloTpot - itl, (model.ItlSigma * itl) + 0.001f);
        if (request.DeadlineMs > 0)
            hit *= Logistic((request.DeadlineMs * 1e-3f) - total, 0.3f * total);

        var lost = (model.Interference * work) + (output * model.ItlPerStream);
        var harm = inFlight * weights.TimeUsdPerSecond * lost;
        if (sloTpot > 0)
        {
            var undisturbed = Math.Max(itl - (model.Interference * model.MeanWork), 1e-4f);
            var slack = state.MeanOutputTokens * Math.Max(sloTpot - undisturbed, Pricing.LeastSlack * sloTpot);
            var alive = Logistic(sloTpot - undisturbed, (model.ItlSigma * undisturbed) + 0.001f);
            var share = lost * (slack + (0.5f * lost)) / ((slack * slack) + (lost * (slack + (0.5f * lost))));
            harm += Pricing.OthersMissFactor * weights.SloMissUsd * (inFlight - state.Counters.Lost) * alive * share;
        }

        var cost = ((uncached * entry.PriceInputUsdPerMillion) + (cached * entry.PriceCachedInputUsdPerMillion) + (output * entry.PriceOutputUsdPerMillion)) / 1e6;
        var late = Math.Max(0, ttft - sloTtft);
        var overdue = Math.Max(0, Math.Min(late - (Pricing.OverdueSecondsPerToken * request.PromptTokens), ttft - (model.BaseTtft + work)));
        var terms = new CandidateTerms
        {
            TtftMs = ttft * 1e3f,
            QueueMs = queue * 1e3f,
            PrefillMs = work * 1e3f,
            ItlMs = itl * 1e3f,
            OutputTokens = output,
            CachedTokens = cached,
            MissProbability = 1 - hit,
            CostUsd = (float)cost,
            MoneyUsd = (float)(cost * moneyFactor * (1 + state.MoneyPressure)),
            TimeUsd = weights.TimeUsdPerSecond * (total + (Pricing.LateFactor * late) + (Pricing.OverdueFactor * overdue)),
            ExternalityUsd = weights.Externality * harm,
            MissUsd = weights.SloMissUsd * (1 - hit),
            FailureUsd = weights.FailureUsd * state.FailureRisk,
            QualityUsd = weights.QualityUsd * (1 - state.Quality(request.TaskClass, (float)entry.Quality)),
            AffinityUsd = -affinityUsd,
        };
        terms.TotalUsd = terms.MoneyUsd + terms.TimeUsd + terms.ExternalityUsd + terms.MissUsd + terms.FailureUsd + terms.QualityUsd + terms.AffinityUsd;
        return terms;
    }

    private static float Logistic(float distance, float width)
    {
        var y = Math.Abs(distance) / (2 * width);
        var below = 0.5f / (1 + y + (y * y) + (2 * y * y * y / 3));
        return distance < 0 ? below : 1 - below;
    }
}
