using System.Globalization;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Replay;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Benchmarks;

/// <summary>Gives the newest requests of a store decisions with all their inputs, as the daemon keeps them.</summary>
internal static class SampledDecisions
{
    public const int Count = 2_000;

    /// <summary>Adds them unless there are some.</summary>
    public static async Task AddAsync(ContextStore store)
    {
        var (had, newest) = await store.ReadAsync(c => (
            (long)c.Scalar("SELECT count(*) FROM r_decisions")!,
            c.Query("SELECT id, deployment_id, created_at FROM r_outcomes ORDER BY seq DESC LIMIT " + Count, r => (Id: r.GetString(0), Deployment: r.GetString(1), At: r.GetString(2)))));
        if (had > 0)
        {
            return;
        }

        var entries = newest.Select(r => r.Deployment).Distinct().Order(StringComparer.Ordinal).Select((id, i) => new DeploymentEntry
        {
            Id = id,
            ModelId = id.Split('/')[0],
            BackendId = id.Split('/')[1],
            UpstreamModel = id,
            Trust = TrustLevel.Private,
            ContextTokens = 131_072,
            PriceInputUsdPerMillion = i % 3,
            PriceOutputUsdPerMillion = i % 3,
            State = new DeploymentState(),
        }).ToArray();
        var candidates = new FleetSnapshot(entries).All;
        var router = new Router(new RouterOptions { Policy = "round_robin" });
        var random = new Random(7);
        var samples = new List<DecisionSample>(Count);
        newest.Reverse();
        for (var i = 0; i < newest.Count; i++)
        {
            var request = new RouteRequest
            {
                PromptTokens = 200 + random.Next(4000),
                MaxTokens = 500,
                Required = Capability.Chat,
                Weights = RoutingPreset.Balanced.Weights,
                PrefixBlockTokens = 64,
            };
            ulong[] hashes = [.. Enumerable.Range(0, random.Next(32)).Select(_ => (ulong)random.NextInt64())];
            var nowNs = (i + 1) * 50_000_000L;
            var inputs = DecisionInputs.Capture(router, candidates, in request, hashes, nowNs)!;
            var decision = default(RouteDecision);
            if (router.Choose(candidates, in request, hashes, nowNs, ref decision, out var lease) != RouteResult.Chosen || !inputs.Conclude(in decision, candidates))
            {
                throw new InvalidOperationException($"decision {i} was not taken");
            }

            router.OnFinished(ref lease, new RouteOutcome { Kind = OutcomeKind.Cancelled }, nowNs);
            samples.Add(new DecisionSample(newest[i].Id, DecisionInputs.Format, inputs.ToBytes(), DateTimeOffset.Parse(newest[i].At, CultureInfo.InvariantCulture)));
        }

        await store.AddDecisionsAsync(samples);
    }
}
