using RouterDaemon.Core.Routing;

namespace RouterDaemon.Relay;

/// <summary>Holds the routing core's lease of one attempt and feeds it what the stream shows. Finished exactly once.</summary>
internal sealed class Lease(RouteLease lease)
{
    private RouteLease _lease = lease;
    private long _firstContentNs;
    private bool _isLate;

    /// <summary>When the first content must have come.</summary>
    public long FirstTokenDeadline { get; set; } = long.MaxValue;

    /// <summary>Content chunks seen.</summary>
    public int ContentChunks { get; private set; }

    /// <summary>Tells the call what its client saw: arrival to first content, time between chunks.</summary>
    public void Measure(InferenceCall call, Clock clock)
    {
        if (ContentChunks > 0)
        {
            call.TtftMs = clock.MsSince(call.Context.StartedTimestamp) - ((clock.NowNs - _firstContentNs) * 1e-6);
            call.ItlMs = _lease.ItlMs;
        }
    }

    /// <summary>A chunk with content came in.</summary>
    public void OnContent(Router router, long nowNs)
    {
        if (ContentChunks++ == 0)
        {
            _firstContentNs = nowNs;
            router.OnFirstToken(ref _lease, nowNs);
        }
        else
        {
            router.OnTokens(ref _lease, 1, nowNs);
        }
    }

    /// <summary>When the attempt is late enough to be hedged.</summary>
    public long HedgeDueNs(in RouteDecision decision) => Router.HedgeDueNs(decision, _lease);

    /// <summary>Whether to hedge it now; see <see cref="Router.TryBeginHedge"/>.</summary>
    public bool TryBeginHedge(Router router, InferenceCall call, long nowNs) =>
        router.TryBeginHedge(call.Route, call.Decision, _lease, call.Fleet.Config.Routing.Hedge.BudgetFraction, nowNs);

    /// <summary>It lost to a hedge: its first token took at least this long, which would otherwise teach nothing.</summary>
    public void LearnLate(Router router, long nowNs)
    {
        _isLate = true;
        if (ContentChunks == 0)
        {
            router.OnFirstToken(ref _lease, nowNs);
        }
    }

    /// <summary>Releases what the attempt holds and teaches the estimators; later calls do nothing.</summary>
    public void Finish(Router router, in AttemptResult result, InferenceCall call, long nowNs)
    {
        if (!_lease.IsHeld)
        {
            return;
        }

        var outcome = new RouteOutcome
        {
            Kind = result.Kind,
            RetryAfterNs = (long)((result.RetryAfter?.TotalSeconds ?? 0) * 1e9),
            PromptTokens = call.Usage.PromptTokens,
            CachedTokens = call.Usage.IsReported ? call.Usage.CachedTokens : -1,
            CostUsd = CostUsd(result, call),
            CompletionTokens = call.Usage.IsReported ? call.Usage.CompletionTokens : ContentChunks,
        };
        router.OnFinished(ref _lease, outcome, nowNs);
    }

    /// <summary>What the attempt is held to have cost; of a race, the winner speaks for the call.</summary>
    private double CostUsd(in AttemptResult result, InferenceCall call) => result switch
    {
        { WasCheap: true } => 0,
        { Error: RelayError.HedgeLost } => _isLate ? 0 : call.HedgeCostUsd,
        _ => call.Deployment is { } deployment ? call.Usage.CostUsd(deployment) : 0,
    };
}
