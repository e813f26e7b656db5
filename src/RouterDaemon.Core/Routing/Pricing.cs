using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Routing;

/// <summary>The price of sending one request to one deployment: one sum in USD. Sources of the terms: specs, routing, section 5.</summary>
internal static class Pricing
{
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
        var queue = (model.QueueCoupling * state.AheadSeconds(nowNs)) + state.SlotWait(entry.Slots);
        var ttft = MathF.Max(model.BaseTtft + work + queue, state.SilenceSeconds(nowNs));
        var itl = model.Itl + (model.ItlPerStream * inFlight);

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
        terms.TimeUsd = weights.TimeUsdPerSecond * total;
        terms.ExternalityUsd = entry.Paid
            ? 0
            : weights.Externality * weights.TimeUsdPerSecond * inFlight * (work + (output * model.ItlPerStream));
        terms.MissUsd = weights.SloMissUsd * (1 - hit);
        terms.FailureUsd = weights.FailureUsd * (state.IsHalfOpen ? 0 : state.FailureRate);
        terms.QualityUsd = weights.QualityUsd * (1 - state.Quality(request.TaskClass, (float)entry.Quality));
        var sum = terms.MoneyUsd + terms.TimeUsd + terms.ExternalityUsd + terms.MissUsd + terms.FailureUsd + terms.QualityUsd;
        terms.TotalUsd = float.IsNaN(sum) ? float.MaxValue : sum;
    }

    /// <summary>A rational stand-in for the logistic function: same slope at 0, no exponential.</summary>
    private static float Logistic(float x)
    {
        x *= 0.5f;
        return 0.5f + (0.5f * x / (1 + MathF.Abs(x)));
    }
}
