namespace RouterDaemon.Core.Simulation;

/// <summary>Turns what happened to requests into figures.</summary>
internal static class SimMetrics
{
    // Values of the local+cluster+API harness; specs, routing, section 4.3.
    private const double TimeUsdPerSecond = 0.001, MissUsd = 0.005, QualityUsd = 0.02;

    public static PolicyRun Measure(SimulationOptions options, string policy, int seed, SimNode[] nodes, SimRequest[] requests, int[] order)
    {
        var trace = options.Trace;
        var first = (int)(order.Length * options.WarmUp);
        var count = order.Length - first;
        double[] ttft = new double[count], tpot = new double[count], e2e = new double[count], error = new double[count];
        var shares = new double[nodes.Length];
        double cost = 0, utility = 0, cached = 0, prompt = 0;
        int served = 0, good = 0, rejected = 0;
        for (var k = first; k < order.Length; k++)
        {
            var id = order[k];
            ref var r = ref requests[id];
            if (r.Node < 0 || r.EndNs == 0)
            {
                rejected++;
                utility -= MissUsd;
                continue;
            }

            var spec = nodes[r.Node].Spec;
            int input = trace.InputTokens[id], output = trace.OutputTokens[id];
            var ttftMs = (r.FirstNs - r.ArrivalNs) * 1e-6;
            var e2eMs = (r.EndNs - r.ArrivalNs) * 1e-6;
            var tpotMs = output > 1 ? (r.EndNs - r.FirstNs) * 1e-6 / (output - 1) : 0;
            var hit = ttftMs <= options.SloTtftMs && tpotMs <= options.SloTpotMs;
            var cachedPrice = spec.PriceCachedInput < 0 ? spec.PriceInput : spec.PriceCachedInput;
            var usd = (((input - r.Cached) * spec.PriceInput) + (r.Cached * cachedPrice) + (output * spec.PriceOutput)) * 1e-6;
            (ttft[served], tpot[served], e2e[served]) = (ttftMs, tpotMs, e2eMs);
            error[served] = Math.Abs(r.PredictedTtftMs - ttftMs) / Math.Max(ttftMs, 1);
            served++;
            good += hit ? 1 : 0;
            shares[r.Node]++;
            cached += r.Cached;
            prompt += input;
            cost += usd;
            utility += (QualityUsd * spec.Quality) - usd - (TimeUsdPerSecond * e2eMs * 1e-3) - (hit ? 0 : MissUsd);
        }

        for (var i = 0; i < shares.Length; i++)
            shares[i] /= count;
        return new PolicyRun
        {
            Policy = policy,
            Seed = seed,
            TtftMs = SimDistribution.Of(ttft, served),
            TpotMs = SimDistribution.Of(tpot, served),
            E2eMs = SimDistribution.Of(e2e, served),
            HitRate = prompt > 0 ? cached / prompt : 0,
            Goodput = good / (double)count,
            CostUsdPer1k = cost * 1000 / count,
            Utility = utility * 1000 / count,
            Rejected = rejected,
            Requests = count,
            Shares = shares,
            TtftErrorP50 = SimDistribution.Of(error, served).P50,
        };
    }
}
