using RouterDaemon.Core.Routing;

namespace RouterDaemon.Core.Simulation;

/// <summary>
/// The ceiling: a greedy choice that rolls every engine forward with its true state, true rates and true answer lengths, with and without the request, and
/// takes the place where the sum over the request and everyone it disturbs is cheapest. It does not know future arrivals, so it is no optimum.
/// </summary>
internal sealed class ClairvoyantPolicy(SimRun run) : IRoutingPolicy, ISimSink
{
    private readonly double[] _value = new double[2];
    private readonly Dictionary<int, long> _firstNs = [];
    private SimEngine? _copy;
    private int _cached;
    private int _phase;
    private int _target;

    public void Select(ref PolicyContext context)
    {
        _target = run.Deciding;
        var least = new Least();
        foreach (var lane in context.Usable)
            least.Offer(lane, Cost(context.Number(lane), context.NowNs), ref context);
        least.Settle(ref context);
    }

    public void FirstToken(int request, int cachedTokens, long nowNs)
    {
        _firstNs[request] = nowNs;
        if (request == _target)
            _cached = cachedTokens;
    }

    public void Tokens(int request, int tokens, long nowNs)
    {
    }

    public void Finished(int request, long nowNs)
    {
        ref var r = ref run.Requests[request];
        var first = r.FirstNs != 0 && request != _target ? r.FirstNs : _firstNs[request];
        _value[_phase] += Value(request, first, nowNs);
    }

    /// <summary>Time and misses of one request in USD.</summary>
    private double Value(int request, long firstNs, long endNs)
    {
        ref var r = ref run.Requests[request];
        var weights = run.Weights;
        var output = run.Trace.OutputTokens[request];
        var ttftMs = (firstNs - r.ArrivalNs) * 1e-6;
        var tpotMs = output > 1 ? (endNs - firstNs) * 1e-6 / (output - 1) : 0;
        var miss = ttftMs > run.Options.SloTtftMs || tpotMs > run.Options.SloTpotMs;
        return (weights.TimeUsdPerSecond * (endNs - r.ArrivalNs) * 1e-9) + (miss ? weights.SloMissUsd : 0);
    }

    private double Cost(int deployment, long nowNs)
    {
        var node = run.Nodes[deployment];
        var spec = node.Spec;
        var trace = run.Trace;
        var weights = run.Weights;
        int input = trace.InputTokens[_target], output = trace.OutputTokens[_target];
        _cached = 0;
        double own;
        if (spec.Hosted)
        {
            var slow = SimRun.Slowness(node, nowNs);
            var first = nowNs + (long)((spec.NetworkMs + ((spec.T0Ms + (spec.PrefillUsPerToken * 1e-3 * input)) * slow)) * 1e6);
            var end = first;
            for (var left = output - 1; left > 0; left -= SimEngine.ReportTokens)
                end += (long)(spec.DecodeMsPerSeq * SimRun.Slowness(node, end) * Math.Min(SimEngine.ReportTokens, left) * 1e6);
            own = Value(_target, first, end);
        }
        else
        {
            var engine = node.Pick();
            Roll(0, engine, -1, nowNs);
            Roll(1, engine, _target, nowNs);
            own = _value[1] - _value[0];
        }

        var cachedPrice = spec.PriceCachedInput < 0 ? spec.PriceInput : spec.PriceCachedInput;
        var usd = (((input - _cached) * spec.PriceInput) + (_cached * cachedPrice) + (output * spec.PriceOutput)) * 1e-6;
        return own + usd + (weights.QualityUsd * (1 - spec.Quality));
    }

    private void Roll(int phase, SimEngine engine, int add, long nowNs)
    {
        _phase = phase;
        _value[phase] = 0;
        _firstNs.Clear();
        if (_copy is null)
            _copy = new SimEngine(engine);
        else
            _copy.Become(engine);
        if (add >= 0)
            _copy.Enqueue(add, nowNs);
        while (_copy.StepEndNs != long.MaxValue)
            _copy.EndStep(this);
    }
}
