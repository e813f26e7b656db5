using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Relay;

/// <summary>
/// Sends a streamed request whose first token is late to a second deployment and keeps whichever answers first (Dean and Barroso, "The Tail at
/// Scale"). When it is late, and whether it pays, is the routing core's rule: <see cref="Router.TryBeginHedge"/>.
/// </summary>
internal sealed class Hedging(Router router, RequestRecorder recorder, Clock clock)
{
    /// <summary>Whether a first attempt is watched for lateness; everything else is attempted as ever and costs nothing more.</summary>
    public static bool Applies(InferenceCall call) =>
        call.Fleet.Config.Routing.Hedge is { Enabled: true, BudgetFraction: > 0 } && call.Peek.Stream && call.Attempts == 1
        && call.Decision.RunnerUp >= 0 && call.Decision.WinnerTerms.CostUsd <= 0;

    /// <summary>Runs the first attempt and, when it is late, a second one beside it.</summary>
    public async ValueTask<AttemptResult> RunAsync(InferenceCall call, NameTarget target, Lease lease, InferenceRelay relay)
    {
        var race = new HedgeRace(call);
        var decision = call.Decision;
        var primary = relay.AttemptAsync(call, decision.Winner, lease, race).AsTask();
        using (var settled = new CancellationTokenSource())
        {
            // A timer counts whole milliseconds of a coarse clock and often ends early, and what is not late yet is never hedged: the clock decides.
            while (!primary.IsCompleted && lease.HedgeDueNs(decision) - clock.NowNs is > 0 and var leftNs)
            {
                var wait = TimeSpan.FromMilliseconds(Math.Ceiling(leftNs * 1e-6));
                await Task.WhenAny(primary, Task.Delay(wait, clock.Time, settled.Token)).ConfigureAwait(false);
            }

            await settled.CancelAsync().ConfigureAwait(false);
        }

        var second = default(RouteDecision);
        if (primary.IsCompleted || race.IsDecided || !TryChoose(call, target, lease, ref second, out var secondLease))
        {
            return await primary.ConfigureAwait(false);
        }

        call.Attempts++;
        race.BeginHedge(second);
        var hedgeLease = new Lease(secondLease);
        var hedge = relay.AttemptAsync(call, second.Winner, hedgeLease, race).AsTask();
        var early = await Task.WhenAny(primary, hedge).ConfigureAwait(false);
        if (early.IsFaulted)
        {
            race.Abandon();
        }

        // A decided race has cancelled its loser, which ends at once; undecided, the one that still runs decides.
        Task both = Task.WhenAll(primary, hedge);
        await both.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var (first, other) = (await primary.ConfigureAwait(false), await hedge.ConfigureAwait(false));
        var primaryStands = first.Delivered || (!other.Delivered && early == hedge);
        var (stands, standing, standingLease) = primaryStands ? (first, decision, lease) : (other, second, hedgeLease);
        var (failed, failing, failingLease) = primaryStands ? (other, second, hedgeLease) : (first, decision, lease);
        if (failed.Error is not (RelayError.HedgeLost or RelayError.ClientGone))
        {
            RecordFailure(call, failing, failingLease, failed);
        }

        if (!stands.Delivered)
        {
            // Both failed: the later one is the request's last attempt, and neither is tried again.
            call.Route.Tried.Add(failing.Winner);
            (call.Decision, call.Deployment) = (standing, call.Fleet.Snapshot.Deployments[standing.Winner]);
            InferenceRelay.CountDelivered(call, standingLease, stands);
        }

        return stands;
    }

    private bool TryChoose(InferenceCall call, NameTarget target, Lease lease, ref RouteDecision decision, out RouteLease second)
    {
        second = default;
        var now = clock.NowNs;
        if (!lease.TryBeginHedge(router, call, now))
        {
            return false;
        }

        // The hard rules hold for the second one too, and it may not cost more than the miss that it may avert.
        var route = call.Route;
        route.Tried.Add(call.Decision.Winner);
        var most = Math.Max(route.Weights.SloMissUsd, 1e-12);
        route.MaxCostUsd = route.MaxCostUsd > 0 ? Math.Min(route.MaxCostUsd, most) : most;
        return router.Choose(target.Candidates, route, call.PrefixHashes, now, ref decision, out second, call.Admission?.Budgets) == RouteResult.Chosen;
    }

    /// <summary>Writes the row of an attempt that failed while the other one ran; what the call says of the other one is kept.</summary>
    private void RecordFailure(InferenceCall call, in RouteDecision decision, Lease lease, in AttemptResult result)
    {
        var kept = (call.Decision, call.Deployment, call.Attempts, call.Usage, call.TtftMs, call.ItlMs);
        (call.Decision, call.Deployment) = (decision, call.Fleet.Snapshot.Deployments[decision.Winner]);
        (call.Attempts, call.Usage, call.TtftMs, call.ItlMs) = (call.Attempts - 1, default, double.NaN, double.NaN);
        InferenceRelay.CountDelivered(call, lease, result);
        recorder.RecordFailedAttempt(call, result);
        (call.Decision, call.Deployment, call.Attempts, call.Usage, call.TtftMs, call.ItlMs) = kept;
    }
}
