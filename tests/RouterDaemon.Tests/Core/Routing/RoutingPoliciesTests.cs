using RouterDaemon.Core.Routing;
using Xunit;

namespace RouterDaemon.Tests.Core.Routing;

/// <summary>The contract of every row of the table.</summary>
public sealed class RoutingPoliciesTests
{
    public static TheoryData<string> Policies => [.. RoutingPolicies.Table.Select(p => p.Name)];

    [Fact]
    public void RecordedNumbersAreFrozen() => Assert.Equal(
        [
            "priced", "random", "round_robin", "weighted", "least_request", "p2c", "p2c_peak_ewma", "lowest_latency", "least_tokens", "cache_aware",
            "llmd_default", "llmd_optimized", "dynamo", "lmetric", "min_ttft", "static_chain", "sequential",
        ],
        RoutingPolicies.Table.Select(p => p.Name));

    [Theory]
    [MemberData(nameof(Policies))]
    public void EveryRowSaysWhenToChooseIt(string name)
    {
        var row = RoutingPolicies.Table[RoutingPolicies.IndexOf(name)];
        Assert.NotEmpty(row.WhenToChoose);
        Assert.Matches("^[a-z0-9_]+$", row.Name);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void EveryPolicyServesAnyFleetAndRecordsItself(string name)
    {
        foreach (var count in new[] { 1, 2, 3, 64, 300 })
        {
            var router = new Router(new RouterOptions { Policy = name, Exploration = 0 });
            var fleet = Fleets.Equal(count);
            var all = fleet.All;
            var decision = default(RouteDecision);
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal(RouteResult.Chosen, router.Choose(all, Fleets.Request(i * 50), [(ulong)i << 33], i, ref decision, out var lease));
                Assert.InRange(decision.Winner, 0, count - 1);
                Assert.NotEqual(decision.Winner, decision.RunnerUp);
                Assert.Equal(RoutingPolicies.IndexOf(name), decision.Policy);
                Assert.Equal(i + 1, decision.Sequence);
                if (i % 3 == 0)
                    Fleets.Finish(router, ref lease, i + 1);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void TheSameSeedDecidesTheSame(string name)
    {
        int[] Winners()
        {
            var router = new Router(new RouterOptions { Policy = name, Seed = 3 });
            var fleet = Fleets.Equal(7);
            var decision = default(RouteDecision);
            return [.. Enumerable.Range(0, 100).Select(i =>
            {
                router.Choose(fleet.All, Fleets.Request(i) with { Seed = (ulong)i }, [], i, ref decision, out _);
                return decision.Winner;
            })];
        }

        Assert.Equal(Winners(), Winners());
    }

    [Fact]
    public void AnUnknownPolicyIsRefused() =>
        Assert.Contains("\"fastest\"", Assert.Throws<ArgumentException>(() => new Router(new RouterOptions { Policy = "fastest" })).Message);
}
