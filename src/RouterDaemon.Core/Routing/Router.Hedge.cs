namespace RouterDaemon.Core.Routing;

/// <content>Hedging: a second try of a request whose first token is late.</content>
public sealed partial class Router
{
    private long _hedges;

    /// <summary>Requests that were sent to a second deployment.</summary>
    public long Hedges => Volatile.Read(ref _hedges);

    /// <summary>When a request is late enough to be hedged: its predicted first token plus twice the prediction's spread.</summary>
    public static long HedgeDueNs(in RouteDecision decision, in RouteLease lease)
    {
        var sigma = lease.State?.Model.TtftSigma ?? 0;
        return decision.NowNs + (long)(decision.WinnerTerms.TtftMs * (1 + (2 * sigma)) * 1e6f);
    }

    /// <summary>
    /// Whether to send the request to a second deployment now; true takes one from the hedge budget. Only a streamed request without a first token that is
    /// late, whose first deployment bills nothing, and whose second costs no more than the miss it may avert. Then choose again with the first deployment
    /// in <see cref="RouteRequest.Tried"/> (mask and privacy hold there too), keep whichever answers first and finish the other as cancelled.
    /// <paramref name="budget"/>: share of all requests that may be hedged, 0..1; the first hedge is always within it.
    /// </summary>
    public bool TryBeginHedge(in RouteRequest request, in RouteDecision decision, in RouteLease lease, double budget, long nowNs)
    {
        if (budget <= 0 || !request.Stream || !lease.IsHeld || lease.HasFirstToken || decision.RunnerUp < 0
            || decision.WinnerTerms.CostUsd > 0 || decision.RunnerUpTerms.CostUsd > request.Weights.SloMissUsd || nowNs < HedgeDueNs(in decision, in lease))
            return false;
        if (Interlocked.Increment(ref _hedges) <= Math.Max(1, budget * Decisions))
            return true;
        Interlocked.Decrement(ref _hedges);
        return false;
    }
}
