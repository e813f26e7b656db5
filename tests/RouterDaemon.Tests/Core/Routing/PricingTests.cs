using System.Runtime.InteropServices;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;
using RouterDaemon.Core.Wire;
using Xunit;

namespace RouterDaemon.Tests.Core.Routing;

/// <summary>Eight at once against one by one, on random fleets with random pasts.</summary>
public sealed class PricingTests
{
    private const float SilenceSlackMs = 2.2f;
    private const ulong Prefix = 0x0123_4567_89AB_CDEF;

    [Fact]
    public void PricesMaskAndWinnerAreThoseOfTheScalarFormula()
    {
        var random = new Random(3);
        for (var round = 0; round < 400; round++)
        {
            var router = new Router(new RouterOptions { Exploration = 0, SessionAffinityUsd = 0.0005 });
            var models = random.Next(1, 4);
            var fleet = Fleets.Equal(random.Next(1, 40), i => RandomEntry(random, i, models));
            long now = 1;
            Live(random, router, fleet, ref now);
            var candidates = fleet.Candidates([.. fleet.All.Numbers.ToArray().Where(_ => random.Next(4) > 0).DefaultIfEmpty(0)]);
            var request = RandomRequest(random, fleet);
            now += random.Next(3) * 700_000_000L;

            var reports = new CandidateReport[candidates.Count];
            ulong[] prefix = random.Next(2) == 0 ? [Prefix] : [];
            Assert.Equal(reports.Length, router.Explain(candidates, request, prefix, now, reports));
            var expected = new CandidateTerms[reports.Length];
            for (var i = 0; i < reports.Length; i++)
            {
                var entry = fleet.Deployments[reports[i].Deployment];
                Assert.Equal(candidates.Numbers[i], reports[i].Deployment);
                float matched = prefix.Length > 0 && entry.State.PrefixSlot != 0 && reports[i].Terms.CachedTokens > 0 ? Math.Min(request.PrefixBlockTokens, request.PromptTokens) : 0;
                var home = reports[i].Terms.AffinityUsd < 0 ? 0.0005f : 0;
                expected[i] = ScalarPricing.Evaluate(
                    entry, request, reports[i].Terms.OutputTokens, matched, request.Weights.Money, home, now);
                AssertClose(expected[i], reports[i].Terms, request.Weights.TimeUsdPerSecond, round);
            }

            var decision = default(RouteDecision);
            var result = router.Choose(candidates, request, prefix, now, ref decision, out _);
            var usable = reports.Where(r => r.Masked == MaskReason.None).ToArray();
            Assert.Equal((usable.Length > 0 ? RouteResult.Chosen : RouteResult.NothingUsable, usable.Length), (result, decision.Usable));
            for (var bit = 0; bit < MaskCounts.Length; bit++)
            {
                // The last resort's reason counts only those that nothing else excludes.
                var reason = (MaskReason)(1 << bit);
                if (reason != MaskReason.LastResort)
                    Assert.Equal(reports.Count(r => (r.Masked & reason) != 0), decision.MaskCounts.Of(reason));
            }

            if (usable.Length == 0)
                continue;
            var order = usable.OrderBy(r => r.Terms.TotalUsd).ToArray();
            Assert.Equal(order[0].Terms.TotalUsd, decision.WinnerTerms.TotalUsd);
            Assert.Equal(reports.Single(r => r.Deployment == decision.Winner).Terms, decision.WinnerTerms);
            Assert.Equal(usable.Length > 1, decision.RunnerUp >= 0);
            if (usable.Length > 1)
                Assert.Equal(order[1].Terms.TotalUsd, decision.RunnerUpTerms.TotalUsd);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(21)]
    public void EqualsWinByLotAndEvenly(int count)
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        var fleet = Fleets.Equal(count);
        var wins = new int[count];
        var decision = default(RouteDecision);
        for (var i = 0; i < 400 * count; i++)
        {
            router.Choose(fleet.All, Fleets.Request(), [], 1, ref decision, out var lease);
            Assert.NotEqual(decision.Winner, decision.RunnerUp);
            wins[decision.Winner]++;
            Fleets.Finish(router, ref lease, 1, OutcomeKind.RequestError);
        }

        Assert.All(wins, w => Assert.InRange(w, 300, 500));
    }

    /// <summary>A record is written over the one before without clearing it.</summary>
    [Fact]
    public void AReusedRecordHoldsNothingOfTheOneBefore()
    {
        foreach (var (count, cap) in new[] { (1, 0), (3, 0), (3, 1) })
        {
            var records = new byte[2][];
            for (var fill = 0; fill < 2; fill++)
            {
                var router = new Router(new RouterOptions());
                var fleet = Fleets.Equal(count, i => Fleets.Entry(i, cap: cap));
                var decision = new RouteDecision[1];
                for (var i = 0; i <= 3; i++)
                {
                    MemoryMarshal.AsBytes(decision.AsSpan()).Fill(fill == 0 ? (byte)0 : (byte)0xA5);
                    router.Choose(fleet.All, Fleets.Request(), [], 5, ref decision[0], out _);
                }

                records[fill] = Fields(decision[0]);
            }

            Assert.Equal(records[0], records[1]);
        }
    }

    [Fact]
    public void ASnapshotMadeLaterTakesTheStatesOverAndTheOlderOneStaysSafe()
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        var entries = Enumerable.Range(0, 5).Select(i => Fleets.Entry(i, cap: 2)).ToArray();
        var older = new FleetSnapshot(entries);
        var newer = new FleetSnapshot([.. entries.Reverse()], 2);
        var decision = default(RouteDecision);
        var leases = new List<RouteLease>();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(RouteResult.Chosen, router.Choose((i % 2 == 0 ? older : newer).All, Fleets.Request(), [], 1, ref decision, out var lease));
            leases.Add(lease);
        }

        Assert.All(entries, e => Assert.Equal(2, e.State.InFlight));
        Assert.Equal(RouteResult.NothingUsable, router.Choose(older.All, Fleets.Request(), [], 1, ref decision, out _));
        Assert.Equal(RouteResult.NothingUsable, router.Choose(newer.All, Fleets.Request(), [], 1, ref decision, out _));
        for (var i = 0; i < leases.Count; i++)
        {
            var lease = leases[i];
            Fleets.Finish(router, ref lease, 2);
        }

        Assert.All(entries, e => Assert.Equal(0, e.State.InFlight));
        entries[3].State.MarkDown(100);
        Assert.Equal(RouteResult.NothingUsable, router.Choose(older.Candidates(3), Fleets.Request(), [], 50, ref decision, out _));
        Assert.Equal(MaskReason.Down, decision.Masked);
    }

    /// <summary>All but the padding between fields.</summary>
    private static byte[] Fields(RouteDecision decision)
    {
        var text = string.Join(' ', typeof(RouteDecision).GetFields().Select(f => f.GetValue(decision) switch
        {
            CandidateTerms terms => string.Join(' ', typeof(CandidateTerms).GetFields().Select(t => t.GetValue(terms))),
            MaskCounts counts => string.Join(' ', Enumerable.Range(0, MaskCounts.Length).Select(i => counts.Of((MaskReason)(1 << i)))),
            var value => value,
        }));
        return System.Text.Encoding.UTF8.GetBytes(text);
    }

    private static DeploymentEntry RandomEntry(Random random, int i, int models)
    {
        var priors = random.Next(2) == 0 ? EstimatorPriors.Remote : EstimatorPriors.OnDevice;
        return new DeploymentEntry
        {
            Id = $"m{i % models}/b{i}",
            ModelId = $"m{i % models}",
            BackendId = $"b{i}",
            UpstreamModel = "m",
            Capabilities = Capability.Chat | (Capability)random.Next(8),
            Trust = (TrustLevel)random.Next(3),
            ContextTokens = random.Next(3) * 3000,
            PriceInputUsdPerMillion = random.Next(3) * random.NextDouble(),
            PriceCachedInputUsdPerMillion = random.NextDouble(),
            PriceOutputUsdPerMillion = random.Next(3) * random.NextDouble(),
            Quality = random.NextDouble(),
            MaxInFlight = random.Next(3) * 6,
            Slots = random.Next(3) * 2,
            LastResort = random.Next(9) == 0,
            Tags = (ulong)random.NextInt64() | (random.Next(2) == 0 ? 1UL << 40 : 0),
            State = new DeploymentState(priors with { BaseTtftMs = 10 + random.Next(500) }),
        };
    }

    private static RouteRequest RandomRequest(Random random, FleetSnapshot fleet)
    {
        var request = Fleets.Request(random.Next(1, 6000)) with
        {
            MaxTokens = random.Next(2) * random.Next(2000),
            ExpectedOutputTokens = random.Next(2) * random.Next(800),
            Required = Capability.Chat | (Capability)(random.Next(3) == 0 ? random.Next(8) : 0),
            PrivacyFloor = (TrustLevel)random.Next(2),
            RequiredTags = random.Next(3) == 0 ? 1UL << 40 : 0,
            MaxCostUsd = random.Next(3) == 0 ? 0.002 : 0,
            TaskClass = (TaskClass)random.Next(4),
            DeadlineMs = random.Next(2) * random.Next(20_000),
            SloTtftMs = random.Next(2) * 800,
            SessionHash = (ulong)random.Next(2) * 77,
            PrefixBlockTokens = 500,
            Seed = (ulong)random.NextInt64(),
        };
        for (var i = random.Next(4); i > 0; i--)
            request.Tried.Add(random.Next(fleet.Deployments.Length));
        return request;
    }

    /// <summary>Gives a fleet a past: answers, failures, refusals, marks, scores, gauges of the engine, and requests still in flight.</summary>
    private static void Live(Random random, Router router, FleetSnapshot fleet, ref long now)
    {
        var decision = default(RouteDecision);
        for (var i = 0; i < 150; i++)
        {
            now += random.Next(200_000_000);
            var entry = fleet.Deployments[random.Next(fleet.Deployments.Length)];
            switch (random.Next(20))
            {
                case 0:
                    entry.State.MarkDown(now + random.Next(1_000_000_000));
                    break;
                case 1:
                    entry.State.AddQualityScore((TaskClass)random.Next(4), random.NextDouble());
                    break;
                case 2:
                    entry.State.SetResidency(random.Next(2) == 0, random.Next(3), random.Next(3), random.Next(3000));
                    break;
                case 3:
                    entry.State.MarkUp();
                    break;
            }

            var request = Fleets.Request(random.Next(1, 8000)) with { SessionHash = (ulong)random.Next(2) * 77, PrefixBlockTokens = 500 };
            if (router.Choose(fleet.All, request, random.Next(3) == 0 ? [Prefix] : [], now, ref decision, out var lease) != RouteResult.Chosen || random.Next(4) == 0)
                continue;
            router.OnFirstToken(ref lease, now + random.Next(2_000_000_000));
            router.OnTokens(ref lease, random.Next(600), now + 2_000_000_000 + random.Next(2_000_000_000));
            if (random.Next(4) == 0)
                continue;
            var outcome = new RouteOutcome { Kind = (OutcomeKind)random.Next(7), CachedTokens = random.Next(500), PromptTokens = 1000, CompletionTokens = random.Next(900) };
            router.OnFinished(ref lease, outcome, now + 5_000_000_000);
        }
    }

    private static void AssertClose(CandidateTerms expected, CandidateTerms actual, float timeUsdPerSecond, int round)
    {
        foreach (var field in typeof(CandidateTerms).GetFields())
        {
            var (e, a) = ((float)field.GetValue(expected)!, (float)field.GetValue(actual)!);
            // Silence is counted in ticks of a millisecond; what follows from it differs accordingly, most what counts it many times.
            var slack = field.Name switch
            {
                nameof(CandidateTerms.MissProbability) => 3e-3f,
                nameof(CandidateTerms.TimeUsd) or nameof(CandidateTerms.TotalUsd) => SilenceSlackMs * 1e-3f * timeUsdPerSecond * (1 + Pricing.LateFactor + Pricing.OverdueFactor),
                _ => field.Name.EndsWith("Ms", StringComparison.Ordinal) ? SilenceSlackMs : 2e-5f,
            };
            var tolerance = (1e-4f * Math.Max(Math.Abs(e), Math.Abs(a))) + slack;
            Assert.True(Math.Abs(e - a) <= tolerance, $"round {round}, {field.Name}: {a} instead of {e}");
        }
    }
}
