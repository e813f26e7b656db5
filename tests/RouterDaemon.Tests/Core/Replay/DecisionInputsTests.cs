using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Replay;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;
using RouterDaemon.Core.Wire;
using RouterDaemon.Tests.Core.Routing;
using Xunit;

namespace RouterDaemon.Tests.Core.Replay;

/// <summary>A recorded decision, taken again from its bytes, comes out the same to the last bit: under every policy, in every state.</summary>
public sealed class DecisionInputsTests
{
    public static TheoryData<string> Policies => [.. RoutingPolicies.Table.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Policies))]
    public void EveryDecisionComesOutTheSame(string policy)
    {
        var random = new Random(RoutingPolicies.IndexOf(policy));
        var router = new Router(new RouterOptions { Policy = policy, Exploration = 0.2 });
        FleetSnapshot fleet = RandomFleet(random, 24);
        var numbers = Enumerable.Range(0, 24).Where(_ => random.Next(3) > 0).OrderBy(_ => random.Next()).ToArray();
        CandidateSet candidates = fleet.Candidates(numbers);
        var held = new List<RouteLease>();
        long now = 5 * Fleets.SecondNs;
        int recorded = 0;
        for (int i = 0; i < 400; i++)
        {
            now += random.Next(1, 400_000_000);
            RouteRequest request = RandomRequest(random, numbers);
            ulong[] hashes = [.. Enumerable.Range(1, random.Next(0, 12)).Select(k => (ulong)(((i % 5) * 1000) + k) * 0x9E3779B97F4A7C15)];
            DecisionInputs? inputs = DecisionInputs.Capture(router, candidates, in request, hashes, now);
            var decision = default(RouteDecision);
            if (router.Choose(candidates, in request, hashes, now, ref decision, out RouteLease lease) == RouteResult.Chosen)
            {
                if (!inputs!.Conclude(in decision, candidates))
                    Assert.Fail($"decision {i}: {Text(inputs.Recorded())} became {Text(inputs.Choose(inputs.Policy))}");
                DecisionInputs read = DecisionInputs.Read(DecisionInputs.Format, inputs.ToBytes())!;
                Assert.True(read.Reproduces(), $"decision {i}, from its bytes");
                Assert.Equal(fleet.Deployments[decision.Winner].Id, read.Recorded().DeploymentId);
                Assert.Equal(decision.Sequence, read.Sequence);
                Assert.Equal(read.Recorded().DeploymentId, read.Choose(read.Policy).DeploymentId);
                Assert.True(read.Recorded().RegretUsd >= 0);
                recorded++;
                held.Add(lease);
            }

            Feed(random, router, held, now);
        }

        Assert.InRange(recorded, 200, 400);
    }

    [Fact]
    public void TheCheapestHasNoRegretAndOthersHave()
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        FleetSnapshot fleet = Fleets.Equal(3, i => Fleets.Entry(i, ttftMs: 100 * (i + 1)));
        RouteRequest request = Fleets.Request();
        DecisionInputs inputs = DecisionInputs.Capture(router, fleet.All, in request, [], 1)!;
        var decision = default(RouteDecision);
        router.Choose(fleet.All, in request, [], 1, ref decision, out _);
        Assert.True(inputs.Conclude(in decision, fleet.All));
        Assert.Equal((0, 0.0), (inputs.Winner, inputs.Recorded().RegretUsd));
        Assert.Equal(0, inputs.Choose(RoutingPolicies.IndexOf("min_ttft")).RegretUsd);
        ReplayedChoice other = inputs.Choose(RoutingPolicies.IndexOf("round_robin"));
        Assert.Equal(other.Candidate > 0, other.RegretUsd > 0);
    }

    [Fact]
    public void AStateThatMovedMeanwhileIsNoticed()
    {
        var router = new Router(new RouterOptions { Exploration = 0 });
        FleetSnapshot fleet = Fleets.Equal(3);
        RouteRequest request = Fleets.Request();
        DecisionInputs inputs = DecisionInputs.Capture(router, fleet.All, in request, [], 1)!;
        var other = default(RouteDecision);
        router.Choose(fleet.All, in request, [], 1, ref other, out _);
        var decision = default(RouteDecision);
        router.Choose(fleet.All, in request, [], 1, ref decision, out _);
        router.Choose(fleet.All, in request, [], 1, ref decision, out _);
        router.Choose(fleet.All, in request, [], 1, ref decision, out _);
        Assert.False(inputs.Conclude(in decision, fleet.All));
    }

    [Fact]
    public void DamagedOrForeignBytesAreNotRead()
    {
        var router = new Router(new RouterOptions());
        FleetSnapshot fleet = Fleets.Equal(4);
        RouteRequest request = Fleets.Request();
        DecisionInputs inputs = DecisionInputs.Capture(router, fleet.All, in request, [1, 2, 3], 1)!;
        var decision = default(RouteDecision);
        router.Choose(fleet.All, in request, [1, 2, 3], 1, ref decision, out _);
        inputs.Conclude(in decision, fleet.All);
        byte[] bytes = inputs.ToBytes();
        Assert.NotNull(DecisionInputs.Read(DecisionInputs.Format, bytes));
        Assert.Null(DecisionInputs.Read(DecisionInputs.Format + 1, bytes));
        for (int length = 0; length < bytes.Length; length += 7)
            Assert.Null(DecisionInputs.Read(DecisionInputs.Format, bytes.AsSpan(0, length)));
        Assert.Null(DecisionInputs.Read(DecisionInputs.Format, [.. bytes, 0]));
        var random = new Random(3);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. bytes];
            for (int k = random.Next(1, 5); k > 0; k--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            DecisionInputs.Read(DecisionInputs.Format, damaged)?.Reproduces(); // anything but an exception
        }
    }

    private static string Text(ReplayedChoice choice) =>
        $"{choice.DeploymentId} {string.Join(' ', typeof(CandidateTerms).GetFields().Select(f => $"{f.Name}={f.GetValue(choice.Terms):R}"))}";

    private static FleetSnapshot RandomFleet(Random random, int count) => new(
        [.. Enumerable.Range(0, count).Select(i => new DeploymentEntry
        {
            Id = $"m{i % 3}/b{i}",
            ModelId = $"m{i % 3}",
            BackendId = $"b{i}",
            UpstreamModel = "m",
            Capabilities = random.Next(4) > 0 ? Capability.Chat | Capability.Tools : Capability.Chat,
            Trust = (TrustLevel)random.Next(3),
            ContextTokens = random.Next(3) == 0 ? 8000 : 0,
            MaxInFlight = random.Next(3) == 0 ? 4 : 0,
            Slots = random.Next(3) == 0 ? 2 : 0,
            PriceInputUsdPerMillion = random.Next(3) == 0 ? random.NextDouble() * 5 : 0,
            PriceOutputUsdPerMillion = random.Next(3) == 0 ? random.NextDouble() * 20 : 0,
            Quality = random.NextDouble(),
            Weight = random.Next(1, 5),
            Tags = (ulong)random.Next(4),
            LastResort = i == 0,
            State = new DeploymentState(EstimatorPriors.Remote with { BaseTtftMs = 50 + (random.NextDouble() * 500) }),
        })],
        generation: 3);

    private static RouteRequest RandomRequest(Random random, int[] numbers)
    {
        RouteRequest request = Fleets.Request(random.Next(10, 6000)) with
        {
            MaxTokens = random.Next(2) * random.Next(1, 500),
            PrefixBytes = 4000,
            Required = random.Next(3) == 0 ? Capability.Chat | Capability.Tools : Capability.Chat,
            PrivacyFloor = random.Next(4) == 0 ? TrustLevel.Private : TrustLevel.Public,
            TaskClass = (TaskClass)random.Next(8),
            Stream = true,
            SessionHash = (ulong)(random.Next(2) * random.Next(1, 6)) * 0x9E3779B97F4A7C15,
            MaxCostUsd = random.Next(4) == 0 ? 0.01 : 0,
            DeadlineMs = random.Next(3) == 0 ? 4000 : 0,
            SloTtftMs = random.Next(3) == 0 ? 700 : 0,
            Seed = (ulong)random.NextInt64(),
        };
        if (random.Next(5) == 0)
            request.Tried.Add(numbers[random.Next(numbers.Length)]);
        return request;
    }

    /// <summary>What the world does between two decisions: tokens, ends well and badly, gauges, scores, budgets.</summary>
    private static void Feed(Random random, Router router, List<RouteLease> held, long now)
    {
        for (int k = random.Next(3); k > 0 && held.Count > 0; k--)
        {
            int at = random.Next(held.Count);
            RouteLease lease = held[at];
            DeploymentState state = lease.State!;
            router.OnFirstToken(ref lease, now);
            router.OnTokens(ref lease, random.Next(1, 40), now + random.Next(1, 90_000_000));
            held.RemoveAt(at);
            router.OnFinished(ref lease, new RouteOutcome { Kind = (OutcomeKind)random.Next(7), CachedTokens = random.Next(-1, 500), PromptTokens = 900, CompletionTokens = random.Next(1, 300), RetryAfterNs = random.Next(2) * 100_000_000 }, now + random.Next(1, 900_000_000));
            state.AddQualityScore((TaskClass)random.Next(8), random.NextDouble());
            state.SetMoneyPressure(random.Next(3) * random.NextDouble());
            if (random.Next(6) == 0)
                state.SetGauges(random.Next(9), random.Next(9), random.NextDouble(), now, TimeSpan.FromSeconds(2));
            if (random.Next(20) == 0)
                state.SetResidency(random.Next(2) == 0, random.Next(3), random.Next(4), 300);
        }
    }
}
