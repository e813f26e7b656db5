using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;

namespace RouterDaemon.Cli.SelfTest;

/// <summary>The allocation ring inside the shipped binary: a native build inlines and boxes differently from the one tests run in.</summary>
internal static class RoutingTests
{
    private const int Deployments = 8;
    private const int DecisionsPerBatch = 100;
    private const int Batches = 8;

    public static string? PoliciesAllocateNothing()
    {
        var fleet = new FleetSnapshot([.. Enumerable.Range(0, Deployments).Select(i => new DeploymentEntry
        {
            Id = $"m/b{i}", ModelId = "m", BackendId = $"b{i}", UpstreamModel = "m", State = new DeploymentState(),
        })]);
        var canary = Allocated(() => GC.KeepAlive(new byte[64]));
        if (canary < DecisionsPerBatch * 64)
        {
            return $"the ring measures nothing: {canary} B for {DecisionsPerBatch} arrays of 64 B";
        }

        foreach (var policy in RoutingPolicies.Table)
        {
            var router = new Router(new RouterOptions { Policy = policy.Name });
            var request = new RouteRequest { PromptTokens = 100, MaxTokens = 100, Required = Capability.Chat, Weights = RoutingPreset.Balanced.Weights };
            long nowNs = 1_000_000_000;
            var chosen = 0;
            var bytes = Allocated(() =>
            {
                var decision = default(RouteDecision);
                nowNs += 1_000_000;
                if (router.Choose(fleet.All, in request, [], nowNs, ref decision, out var lease) == RouteResult.Chosen)
                {
                    chosen++;
                    router.OnFinished(ref lease, new RouteOutcome { Kind = OutcomeKind.Success, CompletionTokens = 10, PromptTokens = 100 }, nowNs + 500_000);
                }
            });
            if (chosen != DecisionsPerBatch * Batches)
            {
                return $"{policy.Name} chose {chosen} of {DecisionsPerBatch * Batches} times";
            }

            if (bytes != 0)
            {
                return $"{policy.Name} allocates {bytes} B in {DecisionsPerBatch} decisions";
            }
        }

        return null;
    }

    // The least of several batches: the runtime itself allocates now and then.
    private static long Allocated(Action step)
    {
        var least = long.MaxValue;
        for (var batch = 0; batch < Batches; batch++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < DecisionsPerBatch; i++)
            {
                step();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
