using System.Runtime.CompilerServices;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;
using RouterDaemon.Core.Stats;
using RouterDaemon.Tests.Core.Routing;
using Xunit;

namespace RouterDaemon.Tests.Core.State;

public sealed class DeploymentStateTests
{
    [Fact]
    public void WhatWasLearnedSurvivesARestart()
    {
        var state = new DeploymentState();
        for (var i = 0; i < 200; i++)
            state.LearnFirstToken(0.5f + (i % 7 * 0.01f), 1000, 0, 0, 0, i * 1000L);
        state.LearnGap(0.05f, 3, 0.001f, 5);
        var snapshot = state.Export();
        var warm = new DeploymentState();
        Assert.True(warm.Import(snapshot));
        Assert.Equal(snapshot, warm.Export());
    }

    [Fact]
    public void ForeignOrDamagedSnapshotsAreRefused()
    {
        var good = new DeploymentState().Export();
        Assert.False(new DeploymentState().Import(default));
        Assert.False(new DeploymentState().Import(good with { Version = 99 }));
        Assert.False(new DeploymentState().Import(good with { Itl = float.NaN }));
        Assert.False(new DeploymentState().Import(good with { PrefillPerToken = -1 }));
        Assert.False(new DeploymentState().Import(good with { Service = float.PositiveInfinity }));
        Assert.False(new DeploymentState().Import(good with { TtftSamples = -1 }));
        Assert.True(new DeploymentState().Import(good));
    }

    [Fact]
    public void ThePersistedLayoutIsFrozen() => Assert.Equal(88, Unsafe.SizeOf<EstimatorSnapshot>());

    [Fact]
    public void LearnsPrefillAndBaseFromMixedPrompts()
    {
        var state = new DeploymentState();
        var random = new Random(1);
        for (var i = 0; i < 3000; i++)
        {
            var tokens = i % 2 == 0 ? random.Next(1, 200) : random.Next(5000, 20_000);
            var truth = 0.12f + (tokens * 150e-6f);
            state.LearnFirstToken(truth * (0.9f + (0.2f * random.NextSingle())), tokens, 0, 0, 0, i);
        }

        var model = state.Model;
        foreach (var tokens in new[] { 100, 5000, 20_000 })
            Assert.InRange((model.BaseTtft + model.Work(tokens, 0)) / (0.12f + (tokens * 150e-6f)), 0.8f, 1.2f);
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(0.25f)]
    [InlineData(0f)]
    public void LearnsHowMuchPrefillDisturbsRunningAnswers(float truth)
    {
        var state = new DeploymentState();
        var random = new Random(2);
        for (var i = 0; i < 4000; i++)
        {
            var streams = random.Next(0, 20);
            var work = random.NextSingle() * 0.02f;
            state.LearnGap(0.02f + (0.0005f * streams) + (truth * work), streams, work, i * Fleets.SecondNs);
        }

        Assert.InRange(state.Model.Interference, truth - 0.1f, truth + 0.1f);
        Assert.InRange(state.Model.ItlPerStream, 0.0003f, 0.0007f);
        Assert.InRange(state.Model.GapAt(10), 0.8f * (0.025f + (truth * 0.01f)), 1.2f * (0.025f + (truth * 0.01f)));
    }

    [Fact]
    public void AFasterOrSlowerEngineIsNoticedSoon()
    {
        var state = new DeploymentState();
        for (var i = 0; i < 500; i++)
            state.LearnGap(0.02f, 1, 0, i * Fleets.SecondNs);
        for (var i = 0; i < 40; i++)
            state.LearnGap(0.08f, 1, 0, (500 + i) * Fleets.SecondNs);
        Assert.InRange(state.Model.GapAt(1), 0.06f, 0.1f);
    }

    [Fact]
    public void ARefusalBacksOffAndHonoursRetryAfter()
    {
        var router = new Router(new RouterOptions());
        var fleet = Fleets.Equal(1);
        var state = fleet.Deployments[0].State;
        var decision = default(RouteDecision);
        var leases = new RouteLease[10];
        for (var i = 0; i < leases.Length; i++)
            router.Choose(fleet.Candidates(0), Fleets.Request(), [], 0, ref decision, out leases[i]);
        router.OnFinished(ref leases[0], new RouteOutcome { Kind = OutcomeKind.RateLimited, RetryAfterNs = 7 * Fleets.SecondNs }, 0);
        Assert.Equal(7, state.LearnedCap);
        Assert.Equal(7 * Fleets.SecondNs, state.UsableFromNs);
        Assert.Equal(BreakerState.Closed, state.Breaker(0));
        router.OnFinished(ref leases[1], new RouteOutcome { Kind = OutcomeKind.RateLimited }, 8 * Fleets.SecondNs);
        Assert.InRange(state.UsableFromNs - (8 * Fleets.SecondNs), Fleets.SecondNs / 8, Fleets.SecondNs * 3 / 8);
    }

    [Fact]
    public void ALearnedCapGrowsAgainUnderPressure()
    {
        var state = new DeploymentState();
        state.LearnRefusal(0, 10, 0, 0);
        for (var i = 0; i < 60; i++)
            state.LearnSuccess(1, 10, state.LearnedCap, i);
        Assert.InRange(state.LearnedCap, 10, 16);
    }

    [Fact]
    public void QualityMovesFromThePriorToTheScores()
    {
        var state = new DeploymentState();
        Assert.Equal(0.5f, state.Quality(RouterDaemon.Core.Wire.TaskClass.Code, 0.5f));
        for (var i = 0; i < 100; i++)
            state.AddQualityScore(RouterDaemon.Core.Wire.TaskClass.Code, 1);
        Assert.InRange(state.Quality(RouterDaemon.Core.Wire.TaskClass.Code, 0.5f), 0.9f, 1);
        Assert.Equal(0.5f, state.Quality(RouterDaemon.Core.Wire.TaskClass.Chat, 0.5f));
    }

    [Fact]
    public void ResidencyAndLoadTimeCount()
    {
        var state = new DeploymentState(EstimatorPriors.OnDevice);
        state.SetResidency(resident: false, freeSlots: 4, queueDepth: 0, loadMs: 9000);
        Assert.Equal(9, state.SlotWait(4));
        state.SetResidency(resident: true, freeSlots: 0, queueDepth: 3, loadMs: 0);
        Assert.Equal(6, state.SlotWait(4));
        state.SetResidency(resident: true, freeSlots: 1, queueDepth: 0, loadMs: 0);
        Assert.Equal(0, state.SlotWait(4));
    }

    [Fact]
    public void FreshGaugesAreAPriorWhereNothingWasMeasured()
    {
        const long Now = 100 * Fleets.SecondNs;
        var state = new DeploymentState();
        state.SetGauges(waiting: 8, running: 4, kvUsage: 0.5, Now, TimeSpan.FromSeconds(15));
        Assert.Equal(12, state.SlotWait(0)); // 8 waiting, a place every 6 s / 4
        state.LearnFirstToken(0.3f, 100, 0, 0, 12, Now + Fleets.SecondNs);
        state.SetGauges(8, 4, 0.5, Now + Fleets.SecondNs, TimeSpan.FromSeconds(15));
        Assert.Equal(0, state.SlotWait(0)); // the own measurement holds the queue
        state.SetGauges(8, 4, 0.5, Now + (6 * Fleets.SecondNs), TimeSpan.FromSeconds(15));
        Assert.Equal(6, state.SlotWait(0), 1e-3); // and fades over ten seconds
        state.TickIfDue(Now + (30 * Fleets.SecondNs));
        Assert.Equal(0, state.SlotWait(0)); // stale
        state.SetGauges(1e9, 0, 0, Now + (60 * Fleets.SecondNs), TimeSpan.FromSeconds(15));
        Assert.Equal(60, state.SlotWait(0)); // bounded
        state.SetGauges(double.NaN, double.PositiveInfinity, -1, Now + (61 * Fleets.SecondNs), TimeSpan.FromSeconds(15));
        Assert.True(state.SlotWait(0) <= 60);
        state.SetGauges(8, 4, 0.5, Now + (62 * Fleets.SecondNs));
        Assert.Equal(0, state.SlotWait(0)); // without a life they are for policies made of gauges only
    }

    [Fact]
    public void ScoresKeptElsewhereAreTakenOver()
    {
        var state = new DeploymentState();
        state.SetQuality(RouterDaemon.Core.Wire.TaskClass.Code, 9, 10);
        Assert.Equal((5 + 9) / 20f, state.Quality(RouterDaemon.Core.Wire.TaskClass.Code, 0.5f), 1e-6f);
        foreach ((double sum, double count) in new[] { (2.0, 1.0), (double.NaN, 1), (-1, 1), (1, double.PositiveInfinity) })
            state.SetQuality(RouterDaemon.Core.Wire.TaskClass.Code, sum, count);
        Assert.Equal(0.7f, state.Quality(RouterDaemon.Core.Wire.TaskClass.Code, 0.5f), 1e-6f);
    }

    [Fact]
    public void AWindowOutlivesItsProcess()
    {
        var before = new LatencyHistogram();
        for (var i = 0; i < 1000; i++)
            before.Record(i);
        var after = new LatencyHistogram();
        after.Import(before.Export());
        Assert.Equal((before.Count, before.Percentile(0.5), before.Percentile(0.99)), (after.Count, after.Percentile(0.5), after.Percentile(0.99)));
        after.Rotate();
        Assert.Equal(0, after.Count); // it was the older half
        after.Import([255, 1, 0, 0, 0, 3, 255, 255, 255, 255, 7]);
        Assert.Equal(0, after.Count);
    }

    [Fact]
    public void HistogramPercentilesAreWithinSixPercent()
    {
        var histogram = new LatencyHistogram();
        Assert.True(double.IsNaN(histogram.Percentile(0.5)));
        for (var i = 1; i <= 10_000; i++)
            histogram.Record(i);
        Assert.InRange(histogram.Percentile(0.5), 4700, 5300);
        Assert.InRange(histogram.Percentile(0.99), 9300, 10_500);
        var buckets = new int[LatencyHistogram.BucketCount];
        histogram.CopyTo(buckets);
        Assert.Equal(10_000, buckets.Sum());
        histogram.Rotate();
        Assert.Equal(10_000, histogram.Count);
        histogram.Rotate();
        Assert.Equal(0, histogram.Count);
        histogram.Add(buckets);
        Assert.Equal(10_000, histogram.Count);
        foreach (var ms in new[] { double.NaN, -1, 0, 1e300, double.PositiveInfinity })
            histogram.Record(ms);
        Assert.Equal(10_005, histogram.Count);
    }
}
