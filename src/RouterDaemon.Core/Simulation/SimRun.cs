using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;

namespace RouterDaemon.Core.Simulation;

/// <summary>One policy, one seed: the event loop between the router and the fleet.</summary>
internal sealed class SimRun : ISimSink
{
    private const long RefusalNs = 20_000_000;
    private const long FailureNs = 5_000_000;
    private readonly SimulationOptions _options;
    private readonly SimTrace _trace;
    private readonly string _policy;
    private readonly int _seed;
    private readonly SimNode[] _nodes;
    private readonly FleetSnapshot _fleet;
    private readonly Router _router;
    private readonly RouteRequest _template;
    private readonly SimRequest[] _requests;
    private readonly PriorityQueue<(SimEventKind Kind, int Request), (long Ns, int Order)> _events = new();
    private SimRandom _random;
    private int _order;

    public SimRun(SimulationOptions options, string policy, int seed)
    {
        (_options, _trace, _policy, _seed) = (options, options.Trace, policy, seed);
        _random = new SimRandom((ulong)seed);
        _nodes = MakeNodes(options.Fleet, options.Trace);
        var entries = new DeploymentEntry[_nodes.Length];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = _nodes[i].Entry;
        _fleet = new FleetSnapshot(entries);
        var isCeiling = policy == Simulator.Clairvoyant;
        _router = new Router(
            new RouterOptions
            {
                Policy = isCeiling ? RoutingPolicies.DefaultName : policy,
                Seed = (ulong)seed,
                StaticChainCap = options.StaticChainCap,
                Exploration = isCeiling ? 0 : 0.005,
            },
            isCeiling ? new ClairvoyantPolicy(this) : null);
        var weights = RoutingPreset.Balanced.Weights;
        (weights.SloTtftMs, weights.SloTpotMs) = ((float)options.SloTtftMs, (float)options.SloTpotMs);
        if (options.Alpha is { } alpha)
            weights.Externality = (float)alpha;
        _template = new RouteRequest { Required = Capability.Chat, Weights = weights, PrefixBlockTokens = options.Trace.BlockTokens, Stream = true };
        _requests = new SimRequest[options.Trace.Count];
    }

    public SimTrace Trace => _trace;

    public SimulationOptions Options => _options;

    public SimNode[] Nodes => _nodes;

    public SimRequest[] Requests => _requests;

    public RoutingWeights Weights => _template.Weights;

    /// <summary>The request being decided, for the ceiling.</summary>
    public int Deciding { get; private set; }

    public PolicyRun Execute(CancellationToken cancellation)
    {
        var arrivals = Arrivals(out var order);
        var pollNs = _options.StalenessMs > 0 ? (long)(_options.StalenessMs * 1e6) : 0;
        var nextPoll = pollNs > 0 ? 0 : long.MaxValue;
        var next = 0;
        var open = true;
        while (open)
        {
            if ((next & 255) == 0)
                cancellation.ThrowIfCancellationRequested();
            var arrival = next < order.Length ? arrivals[order[next]] : long.MaxValue;
            var queued = _events.TryPeek(out _, out var priority) ? priority.Ns : long.MaxValue;
            var engine = NextEngine(out var step);
            if (nextPoll <= Math.Min(arrival, Math.Min(queued, step)))
            {
                foreach (var node in _nodes)
                    node.Poll(nextPoll);
                nextPoll += pollNs;
                if (arrival == long.MaxValue && queued == long.MaxValue && step == long.MaxValue)
                    open = false;
            }
            else if (queued <= arrival && queued <= step && queued != long.MaxValue)
            {
                var (kind, id) = _events.Dequeue();
                Handle(kind, id, queued);
            }
            else if (arrival <= step && arrival != long.MaxValue)
            {
                var id = order[next++];
                _requests[id].ArrivalNs = arrival;
                Route(id, arrival);
            }
            else if (step != long.MaxValue)
            {
                engine!.EndStep(this);
            }
            else
            {
                open = false;
            }
        }

        return SimMetrics.Measure(_options, _policy, _seed, _nodes, _requests, order);
    }

    public void FirstToken(int request, int cachedTokens, long nowNs)
    {
        ref var r = ref _requests[request];
        r.FirstNs = nowNs;
        r.Cached = cachedTokens;
        _router.OnFirstToken(ref r.Lease, nowNs);
    }

    public void Tokens(int request, int tokens, long nowNs) => _router.OnTokens(ref _requests[request].Lease, tokens, nowNs);

    public void Finished(int request, long nowNs)
    {
        ref var r = ref _requests[request];
        r.EndNs = nowNs;
        _nodes[r.Node].Load--;
        _router.OnFinished(
            ref r.Lease,
            new RouteOutcome
            {
                Kind = OutcomeKind.Success,
                PromptTokens = _trace.InputTokens[request],
                CachedTokens = r.Cached,
                CompletionTokens = _trace.OutputTokens[request],
            },
            nowNs);
    }

    private static SimNode[] MakeNodes(SimFleet fleet, SimTrace trace)
    {
        var nodes = new List<SimNode>();
        foreach (var replica in fleet.Replicas)
        {
            for (var i = 0; i < replica.Count; i++)
            {
                var name = replica.Name.Length == 0 ? $"replica-{nodes.Count}" : replica.Count == 1 ? replica.Name : $"{replica.Name}-{i}";
                nodes.Add(new SimNode(replica, name, trace));
            }
        }

        return [.. nodes];
    }

    /// <summary>Arrival times of this seed, and the order in which requests arrive. The same for every policy: common random numbers.</summary>
    private long[] Arrivals(out int[] order)
    {
        var count = _trace.Count;
        var arrivals = new long[count];
        order = new int[count];
        for (var i = 0; i < count; i++)
        {
            var seconds = _trace.ArrivalSeconds[i] + (_trace.JitterSeconds * _random.NextDouble());
            arrivals[i] = (long)(seconds / _options.Load * 1e9) + 1;
            order[i] = i;
            _requests[i].IsPrivate = _random.NextDouble() < _options.Fleet.PrivateShare;
            _requests[i].EstimatedTokens = (int)Math.Clamp(_trace.InputTokens[i] * Math.Exp(_options.Noise * _random.NextGaussian()), 1, 1e9);
        }

        var keys = (long[])arrivals.Clone();
        Array.Sort(keys, order);
        return arrivals;
    }

    private SimEngine? NextEngine(out long stepNs)
    {
        SimEngine? best = null;
        stepNs = long.MaxValue;
        foreach (var node in _nodes)
        {
            foreach (var engine in node.Engines)
            {
                if (engine.StepEndNs < stepNs)
                    (best, stepNs) = (engine, engine.StepEndNs);
            }
        }

        return best;
    }

    private void Route(int id, long nowNs)
    {
        ref var r = ref _requests[id];
        var request = _template;
        request.PromptTokens = r.EstimatedTokens;
        request.PrivacyFloor = r.IsPrivate ? TrustLevel.Private : TrustLevel.Public;
        request.Seed = (ulong)id;
        request.Tried = r.Tried;
        Deciding = id;
        var decision = default(RouteDecision);
        if (_router.Choose(_fleet.All, in request, _trace.Blocks(id), nowNs, ref decision, out r.Lease) != RouteResult.Chosen)
        {
            r.Node = -1;
            return;
        }

        r.Node = decision.Winner;
        r.Attempts++;
        r.PredictedTtftMs = decision.WinnerTerms.TtftMs;
        Send(id, nowNs);
    }

    private void Send(int id, long nowNs)
    {
        ref var r = ref _requests[id];
        var node = _nodes[r.Node];
        var seconds = nowNs * 1e-9;
        if (seconds >= node.Spec.DeadFromSeconds && seconds < node.Spec.DeadUntilSeconds)
        {
            Schedule(SimEventKind.Failed, id, nowNs + FailureNs);
            return;
        }

        if (node.Spec.RejectAbove > 0 && node.Load >= node.Spec.RejectAbove)
        {
            Schedule(SimEventKind.Refused, id, nowNs + RefusalNs);
            return;
        }

        node.Load++;
        var network = (long)(node.Spec.NetworkMs * 1e6);
        if (node.Spec.Hosted)
        {
            var ms = (node.Spec.T0Ms * LogNormal(node.Spec.Jitter)) + (node.Spec.PrefillUsPerToken * 1e-3 * _trace.InputTokens[id]);
            Schedule(SimEventKind.HostedFirst, id, nowNs + network + (long)(ms * Slowness(node, nowNs) * 1e6));
        }
        else if (network > 0)
        {
            Schedule(SimEventKind.Deliver, id, nowNs + network);
        }
        else
        {
            node.Pick().Enqueue(id, nowNs);
        }
    }

    private void Handle(SimEventKind kind, int id, long nowNs)
    {
        ref var r = ref _requests[id];
        var node = _nodes[r.Node];
        switch (kind)
        {
            case SimEventKind.Deliver:
                node.Pick().Enqueue(id, nowNs);
                break;
            case SimEventKind.HostedFirst:
                r.Left = _trace.OutputTokens[id] - 1;
                r.GapNs = (long)(node.Spec.DecodeMsPerSeq * LogNormal(node.Spec.Jitter * 0.5) * 1e6);
                FirstToken(id, 0, nowNs);
                NextHosted(id, ref r, nowNs);
                break;
            case SimEventKind.HostedTokens:
                var tokens = Math.Min(SimEngine.ReportTokens, r.Left);
                r.Left -= tokens;
                Tokens(id, tokens, nowNs);
                NextHosted(id, ref r, nowNs);
                break;
            default:
                var outcome = new RouteOutcome
                {
                    Kind = kind == SimEventKind.Refused ? OutcomeKind.RateLimited : OutcomeKind.UpstreamError,
                    CachedTokens = -1,
                };
                _router.OnFinished(ref r.Lease, outcome, nowNs);
                r.Tried.Add(r.Node);
                if (r.Attempts < _options.MaxAttempts)
                    Route(id, nowNs);
                else
                    r.Node = -1;
                break;
        }
    }

    private void NextHosted(int id, ref SimRequest r, long nowNs)
    {
        if (r.Left == 0)
            Finished(id, nowNs);
        else
            Schedule(SimEventKind.HostedTokens, id, nowNs + (long)(r.GapNs * Slowness(_nodes[r.Node], nowNs) * Math.Min(SimEngine.ReportTokens, r.Left)));
    }

    internal static double Slowness(SimNode node, long nowNs)
    {
        var factor = node.Spec.Stall.At(nowNs * 1e-9, out _);
        return double.IsInfinity(factor) ? 1000 : factor;
    }

    private double LogNormal(double sigma) => Math.Exp(sigma * _random.NextGaussian());

    private void Schedule(SimEventKind kind, int id, long ns) => _events.Enqueue((kind, id), (ns, _order++));
}
