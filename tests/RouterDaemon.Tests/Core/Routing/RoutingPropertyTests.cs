using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;
using Xunit;

namespace RouterDaemon.Tests.Core.Routing;

public sealed class RoutingPropertyTests
{
    public static TheoryData<string> Policies => [.. RoutingPolicies.Table.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Policies))]
    public void NeverChoosesAMaskedDeployment(string policy)
    {
        var random = new Random(11);
        for (var round = 0; round < 200; round++)
        {
            var router = new Router(new RouterOptions { Policy = policy, Exploration = 0.5, Seed = (ulong)round });
            var fleet = Fleets.Equal(random.Next(1, 12), i => Fleets.Entry(
                i, price: random.Next(3), trust: (TrustLevel)random.Next(3), cap: random.Next(3), context: random.Next(3) * 1500,
                capabilities: (Capability)random.Next(8) | Capability.Chat, tags: (ulong)random.Next(4), lastResort: random.Next(6) == 0));
            foreach (var entry in fleet.Deployments)
            {
                if (random.Next(4) == 0)
                    entry.State.MarkDown(50);
            }

            var request = Fleets.Request(random.Next(1, 3000)) with
            {
                PrivacyFloor = (TrustLevel)random.Next(3),
                Required = Capability.Chat | (Capability)random.Next(4),
                RequiredTags = (ulong)random.Next(2),
                MaxCostUsd = random.Next(2) * 0.002,
                MaxTokens = random.Next(2) * 500,
            };
            var decision = default(RouteDecision);
            for (var k = 0; k < 12; k++)
            {
                var before = fleet.Deployments.Select(d => d.State.InFlight).ToArray();
                var result = router.Choose(fleet.All, request, [], 10, ref decision, out _);
                var usable = Enumerable.Range(0, before.Length).Where(i => Usable(fleet.Deployments[i], before[i], request, 10)).ToArray();
                Assert.Equal(usable.Length > 0 ? RouteResult.Chosen : RouteResult.NothingUsable, result);
                if (usable.Length > 0)
                    Assert.Contains(decision.Winner, usable);
                if (usable.Any(i => !fleet.Deployments[i].LastResort))
                    Assert.False(fleet.Deployments[decision.Winner].LastResort);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void CountersReturnToZeroFromAnyInterleaving(string policy)
    {
        var router = new Router(new RouterOptions { Policy = policy });
        var fleet = Fleets.Equal(5, i => Fleets.Entry(i, cap: i == 0 ? 3 : 0));
        var all = fleet.All;
        Parallel.For(0, 4, worker =>
        {
            var random = new Random(worker);
            var leases = new RouteLease[40];
            var decision = default(RouteDecision);
            long now = 0;
            for (var step = 0; step < 4000; step++)
            {
                now += random.Next(100_000_000);
                ref var lease = ref leases[random.Next(leases.Length)];
                switch (random.Next(5))
                {
                    case 0 when !lease.IsHeld:
                        router.Choose(all, Fleets.Request(random.Next(1, 5000)), [1, 2, 3], now, ref decision, out lease);
                        break;
                    case 1:
                        router.OnFirstToken(ref lease, now);
                        break;
                    case 2:
                        router.OnTokens(ref lease, random.Next(-1, 400), now);
                        break;
                    case 3:
                        Fleets.Finish(router, ref lease, now, (OutcomeKind)random.Next(7));
                        break;
                }
            }

            for (var i = 0; i < leases.Length; i++)
                Fleets.Finish(router, ref leases[i], now, OutcomeKind.Cancelled);
        });
        foreach (var entry in fleet.Deployments)
        {
            Assert.Equal(0, entry.State.InFlight);
            Assert.Equal(0, entry.State.Unanswered);
            Assert.Equal(0, entry.State.OutstandingPrefillTokens);
            Assert.Equal(0, entry.State.KvTokensInFlight);
            Assert.Equal(0, entry.State.Counters.PrefillWorkUs);
            Assert.Equal(0, entry.State.Counters.Trial);
        }
    }

    [Fact]
    public void TheCapHoldsUnderConcurrency()
    {
        var router = new Router(new RouterOptions());
        var fleet = Fleets.Equal(3, i => Fleets.Entry(i, cap: 2));
        var all = fleet.All;
        var worst = 0;
        Parallel.For(0, 8, worker =>
        {
            var decision = default(RouteDecision);
            for (var i = 0; i < 3000; i++)
            {
                if (router.Choose(all, Fleets.Request(), [], i, ref decision, out var lease) != RouteResult.Chosen)
                    continue;
                // The counter may pass the cap for the moment between increment and check; leases in force may not.
                var held = 0;
                foreach (var entry in fleet.Deployments)
                    held += entry.State.Unanswered;
                InterlockedMax(ref worst, held);
                Fleets.Finish(router, ref lease, i);
            }
        });
        Assert.InRange(worst, 1, 6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheSumGrowsWithPriceAndWithLatency(bool latency)
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        var last = 0f;
        for (var k = 0; k < 30; k++)
        {
            var fleet = Fleets.Equal(1, i => latency ? Fleets.Entry(i, ttftMs: 10 * Math.Pow(1.3, k)) : Fleets.Entry(i, price: 0.01 * Math.Pow(1.3, k)));
            var report = new CandidateReport[1];
            router.Explain(fleet.Candidates(0), Fleets.Request(), [], 1, report);
            Assert.True(report[0].Terms.TotalUsd > last);
            last = report[0].Terms.TotalUsd;
        }
    }

    [Fact]
    public void AdversarialFeedbackNeverMakesANumberThatIsNone()
    {
        var random = new Random(5);
        var router = new Router(new RouterOptions());
        var fleet = Fleets.Equal(3, i => Fleets.Entry(i, price: i));
        var decision = default(RouteDecision);
        var reports = new CandidateReport[3];
        long now = 0;
        long[] jumps = [0, 1, -5_000_000_000, 1_000_000, long.MaxValue / 4, 3_600_000_000_000];
        for (var i = 0; i < 20_000; i++)
        {
            var request = Fleets.Request(random.Next(4) == 0 ? int.MaxValue : random.Next(100_000));
            fleet.Deployments[random.Next(3)].State.SetGauges(double.NaN, -5, double.PositiveInfinity, now);
            fleet.Deployments[random.Next(3)].State.AddQualityScore(0, double.NaN);
            if (router.Choose(fleet.Candidates(0, 1, 2), request, [], now, ref decision, out var lease) == RouteResult.Chosen)
            {
                router.OnFirstToken(ref lease, now + jumps[random.Next(5)]);
                router.OnTokens(ref lease, random.Next(2) == 0 ? int.MaxValue / 2 : 300, now + jumps[random.Next(4)]);
                router.OnFinished(
                    ref lease, new RouteOutcome { Kind = OutcomeKind.Success, PromptTokens = random.Next(), CachedTokens = random.Next(), CompletionTokens = random.Next() },
                    now + jumps[random.Next(5)]);
            }

            now += 1000 * random.Next(1_000_000);
            router.Explain(fleet.Candidates(0, 1, 2), Fleets.Request(), [], now, reports);
            foreach (var report in reports)
                Assert.True(float.IsFinite(report.Terms.TotalUsd) && float.IsFinite(report.Terms.TtftMs) && float.IsFinite(report.Terms.ItlMs), $"round {i}");
            foreach (var entry in fleet.Deployments)
                Assert.True(new DeploymentState().Import(entry.State.Export()), $"round {i}");
        }
    }

    [Fact]
    public void ADeploymentWhoseBreakerOpenedIsTriedByTheFirstRequestAfterItsTime()
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        var fleet = Fleets.Equal(2, i => Fleets.Entry(i, ttftMs: i == 0 ? 100 : 2000));
        var decision = default(RouteDecision);
        long now = 0;
        for (var i = 0; i < 5; i++)
        {
            router.Choose(fleet.Candidates(0), Fleets.Request(), [], now, ref decision, out var lease);
            Fleets.Finish(router, ref lease, now, OutcomeKind.UpstreamError);
        }

        var state = fleet.Deployments[0].State;
        Assert.Equal(BreakerState.Open, state.Breaker(now));
        router.Choose(fleet.Candidates(0, 1), Fleets.Request(), [], now, ref decision, out _);
        Assert.Equal((1, MaskReason.Breaker), (decision.Winner, decision.Masked));

        now = state.UsableFromNs;
        Assert.Equal(BreakerState.HalfOpen, state.Breaker(now));
        router.Choose(fleet.Candidates(0, 1), Fleets.Request(), [], now, ref decision, out var trial);
        Assert.Equal((0, true), (decision.Winner, decision.Trial));
        router.Choose(fleet.Candidates(0, 1), Fleets.Request(), [], now, ref decision, out _);
        Assert.Equal(1, decision.Winner); // one trial at a time
        Fleets.Finish(router, ref trial, now + 1);
        Assert.Equal(BreakerState.Closed, state.Breaker(now + 1));
    }

    [Fact]
    public void AFailedTrialOpensTwiceAsLong()
    {
        var router = new Router(new RouterOptions());
        var fleet = Fleets.Equal(1);
        var state = fleet.Deployments[0].State;
        var decision = default(RouteDecision);
        long now = 0, last = 0;
        for (var i = 0; i < 5; i++)
            Attempt();
        for (var opening = 0; opening < 8; opening++)
        {
            var open = state.UsableFromNs - now;
            Assert.Equal(opening == 0 ? 5 * Fleets.SecondNs : Math.Min(2 * last, 120 * Fleets.SecondNs), open);
            last = open;
            now = state.UsableFromNs;
            Attempt();
        }

        void Attempt()
        {
            Assert.Equal(RouteResult.Chosen, router.Choose(fleet.Candidates(0), Fleets.Request(), [], now, ref decision, out var lease));
            Fleets.Finish(router, ref lease, now, OutcomeKind.Timeout);
        }
    }

    [Fact]
    public void ASlowDeploymentThatRecoversIsUsedAgainWithin120RequestsAtOneASecond()
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        var fleet = Fleets.Equal(2, i => Fleets.Entry(i, ttftMs: i == 0 ? 200 : 1000));
        var decision = default(RouteDecision);
        long now = Fleets.SecondNs;
        for (var i = 0; i < 40; i++, now += Fleets.SecondNs)
        {
            router.Choose(fleet.Candidates(0), Fleets.Request(), [], now, ref decision, out var lease);
            router.OnFirstToken(ref lease, now + (20 * Fleets.SecondNs));
            Fleets.Finish(router, ref lease, now + (21 * Fleets.SecondNs));
        }

        router.Choose(fleet.Candidates(0, 1), Fleets.Request(), [], now += 30 * Fleets.SecondNs, ref decision, out var probe);
        Fleets.Finish(router, ref probe, now, OutcomeKind.Cancelled);
        Assert.Equal(1, decision.Winner);
        for (var i = 0; i < 120 && decision.Winner == 1; i++)
        {
            router.Choose(fleet.Candidates(0, 1), Fleets.Request(), [], now += Fleets.SecondNs, ref decision, out var lease);
            router.OnFirstToken(ref lease, now + Fleets.SecondNs);
            Fleets.Finish(router, ref lease, now + Fleets.SecondNs);
        }

        Assert.Equal(0, decision.Winner);
    }

    [Fact]
    public void ExplorationNeverProbesPaidDeployments()
    {
        var router = new Router(new RouterOptions { Exploration = 1 });
        var decision = default(RouteDecision);
        var explored = 0;
        for (var i = 0; i < 200; i++)
        {
            var paid = i % 2 == 0;
            var fleet = Fleets.Equal(2, k => Fleets.Entry(k, price: paid && k == 1 ? 0.001 : 0, ttftMs: k == 0 ? 300 : 310));
            router.Choose(fleet.Candidates(0, 1), Fleets.Request(), [], i, ref decision, out _);
            explored += decision.Explored ? 1 : 0;
            if (paid)
                Assert.Equal(0, decision.Winner);
        }

        Assert.Equal(100, explored);
    }

    [Theory]
    [InlineData(true, 0.02, 0, 5000, true)]
    [InlineData(true, 0.02, 0, 10, false)] // too early
    [InlineData(true, 0, 0, 5000, false)] // no budget
    [InlineData(false, 0.02, 0, 5000, false)] // nobody sees the first token
    [InlineData(true, 0.02, 3, 5000, false)] // the paid primary would be billed as well
    public void HedgesOnlyWhereItPays(bool stream, double budget, double price, int waitedMs, bool expected)
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        var fleet = Fleets.Equal(2, i => Fleets.Entry(i, price: i == 0 ? price : 0, ttftMs: i == 0 ? 20 : 300, quality: i == 0 ? 0.9 : 0.1));
        var decision = default(RouteDecision);
        var hedged = 0;
        for (var i = 0; i < 100; i++)
        {
            var request = Fleets.Request(10) with { Stream = stream };
            router.Choose(fleet.Candidates(0, 1), request, [], 1, ref decision, out var lease);
            Assert.Equal(0, decision.Winner);
            hedged += router.TryBeginHedge(in request, in decision, in lease, budget, 1 + (waitedMs * 1_000_000L)) ? 1 : 0;
            Fleets.Finish(router, ref lease, 1, OutcomeKind.Cancelled);
        }

        Assert.InRange(hedged, expected ? 1 : 0, expected ? 2 : 0);
    }

    [Fact]
    public void AConcurrentBurstOfIdenticalRequestsIsSpread()
    {
        var router = new Router(new RouterOptions());
        var fleet = Fleets.Equal(8);
        var all = fleet.All;
        Parallel.For(0, 400, _ =>
        {
            var decision = default(RouteDecision);
            router.Choose(all, Fleets.Request(2000), [], 1, ref decision, out var _);
        });
        Assert.All(fleet.Deployments, d => Assert.InRange(d.State.InFlight, 25, 100));
    }

    [Fact]
    public void ASessionStaysUntilLoadMakesItDear()
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        var fleet = Fleets.Equal(4);
        var all = fleet.All;
        var decision = default(RouteDecision);
        var request = Fleets.Request() with { SessionHash = 4711 };
        router.Choose(all, request, [], 1, ref decision, out var first);
        var home = decision.Winner;
        Fleets.Finish(router, ref first, 1, OutcomeKind.Cancelled);
        for (var i = 0; i < 20; i++)
        {
            router.Choose(all, request with { Seed = (ulong)i }, [], 2, ref decision, out var lease);
            Assert.Equal(home, decision.Winner);
            Assert.True(decision.WinnerTerms.AffinityUsd < 0);
            Fleets.Finish(router, ref lease, 2, OutcomeKind.Cancelled);
        }

        for (var i = 0; i < 40; i++)
            router.Choose(fleet.Candidates(home), Fleets.Request(5000), [], 3, ref decision, out _);
        router.Choose(all, request, [], 3, ref decision, out _);
        Assert.NotEqual(home, decision.Winner);
    }

    [Fact]
    public void AKnownPrefixAttracts()
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        var fleet = Fleets.Equal(6);
        var decision = default(RouteDecision);
        ulong[] prefix = [0x1111111100000001, 0x2222222200000002, 0x3333333300000003, 0x4444444400000004];
        var request = Fleets.Request(4000) with { PrefixBlockTokens = 1000 };
        router.Choose(fleet.Candidates(3), request, prefix, 1, ref decision, out var lease);
        Fleets.Finish(router, ref lease, 1, OutcomeKind.Cancelled);
        router.Choose(fleet.All, request, prefix, 2, ref decision, out lease);
        Assert.Equal(3, decision.Winner);
        Assert.Equal(4000, decision.WinnerTerms.CachedTokens);
        Fleets.Finish(router, ref lease, 2, OutcomeKind.Cancelled);
        router.Forget(fleet.Deployments[3].State);
        router.Choose(fleet.All, request, prefix, 3, ref decision, out _);
        Assert.Equal(0, decision.WinnerTerms.CachedTokens);
    }

    [Fact]
    public void ObjectivesAndBudgetTurnTheChoice()
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        var fleet = Fleets.Equal(3, i => i switch
        {
            0 => Fleets.Entry(i, price: 0.05, quality: 0.4, ttftMs: 3000),
            1 => Fleets.Entry(i, price: 3, quality: 0.5, ttftMs: 100),
            _ => Fleets.Entry(i, price: 5, quality: 0.99, ttftMs: 2500),
        });
        int Winner(RouteObjective objective)
        {
            var decision = default(RouteDecision);
            router.Choose(fleet.Candidates(0, 1, 2), Fleets.Request() with { Weights = RoutingPreset.Balanced.Weights.For(objective) }, [], 1, ref decision, out var lease);
            Fleets.Finish(router, ref lease, 1, OutcomeKind.Cancelled);
            return decision.Winner;
        }

        Assert.Equal(0, Winner(RouteObjective.Cheap));
        Assert.Equal(1, Winner(RouteObjective.Fast));
        Assert.Equal(2, Winner(RouteObjective.Best));
        foreach (var deployment in fleet.Deployments)
            deployment.State.SetMoneyPressure(10);
        Assert.Equal(0, Winner(RouteObjective.Balanced));
    }

    private static bool Usable(DeploymentEntry d, int inFlight, RouteRequest r, long now) =>
        (r.Required & ~d.Capabilities) == 0 && d.Trust >= r.PrivacyFloor && (d.Tags & r.RequiredTags) == r.RequiredTags
        && (d.ContextTokens == 0 || r.PromptTokens + Math.Max(1, r.MaxTokens) <= d.ContextTokens) && now >= d.State.UsableFromNs
        && (d.MaxInFlight == 0 || inFlight < d.MaxInFlight)
        && (r.MaxCostUsd == 0 || ((r.PromptTokens * d.PriceInputUsdPerMillion) + ((r.MaxTokens > 0 ? r.MaxTokens : 300) * d.PriceOutputUsdPerMillion)) / 1e6 <= r.MaxCostUsd);

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value)
            Interlocked.CompareExchange(ref target, value, seen);
    }
}
