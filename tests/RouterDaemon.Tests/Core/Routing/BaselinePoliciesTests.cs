using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using Xunit;

namespace RouterDaemon.Tests.Core.Routing;

/// <summary>What a baseline must do to be the one that it is named after.</summary>
public sealed class BaselinePoliciesTests
{
    [Fact]
    public void PeakEwmaForgetsWhileNothingIsHeard()
    {
        var router = new Router(new RouterOptions { Policy = "p2c_peak_ewma", Exploration = 0 });
        var fleet = Fleets.Equal(2);
        var (slow, fast) = (fleet.Deployments[0].State, fleet.Deployments[1].State);
        slow.LearnSuccess(8, 100, 1, 10 * Fleets.SecondNs);
        fast.LearnSuccess(2, 100, 1, 10 * Fleets.SecondNs);
        Assert.Equal(1, Winner(router, fleet, 11 * Fleets.SecondNs));
        fast.LearnSuccess(2, 100, 1, 40 * Fleets.SecondNs);
        Assert.Equal(0, Winner(router, fleet, 40 * Fleets.SecondNs));
    }

    [Fact]
    public void MinTtftCountsTheStepOfThoseWhoRun()
    {
        var router = new Router(new RouterOptions { Policy = "min_ttft", Exploration = 0 });
        var fleet = Fleets.Equal(2);
        var decision = default(RouteDecision);
        for (var i = 0; i < 60; i++)
        {
            var to = i % 2;
            var request = Fleets.Request(64);
            request.Tried.Add(1 - to);
            router.Choose(fleet.All, in request, [(ulong)(to + 1) << 33], i * Fleets.SecondNs, ref decision, out var lease);
            router.OnFirstToken(ref lease, (i * Fleets.SecondNs) + (Fleets.SecondNs / 3));
            if (to == 1)
                Fleets.Finish(router, ref lease, (i * Fleets.SecondNs) + (Fleets.SecondNs / 2));
        }

        // Thirty answers run on the first, which has 16 of the 1,000 tokens: less than what their step takes.
        Assert.Equal((30, 0), (fleet.Deployments[0].State.InFlight, fleet.Deployments[1].State.InFlight));
        Assert.Equal(1, Winner(router, fleet, 70 * Fleets.SecondNs, 1UL << 33));
    }

    private static int Winner(Router router, FleetSnapshot fleet, long nowNs, params ulong[] hashes)
    {
        var decision = default(RouteDecision);
        router.Choose(fleet.All, Fleets.Request() with { PrefixBlockTokens = 16 }, hashes, nowNs, ref decision, out _);
        return decision.Winner;
    }
}
