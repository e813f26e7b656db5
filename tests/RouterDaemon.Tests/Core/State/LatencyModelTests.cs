using RouterDaemon.Core.State;
using Xunit;

namespace RouterDaemon.Tests.Core.State;

public sealed class LatencyModelTests
{
    [Fact]
    public void ASlowTimeOfAnApiIsSeenAtOnceAndTeachesTheModelLittle()
    {
        var model = new LatencyModel(EstimatorPriors.Hosted);
        Usual(ref model, 100);
        var usual = (model.BaseTtft, model.PrefillPerToken, model.Itl, model.TtftSigma);
        for (var i = 0; i < 3; i++)
            model.LearnFirstToken(4, 1000, 0, 0, 0);
        Assert.InRange(model.Slowdown, 5, 12);
        Assert.InRange(model.BaseTtft, usual.BaseTtft, 1.2f * usual.BaseTtft);
        Assert.Equal(usual.TtftSigma, model.TtftSigma);
        model.LearnGap(0.12f, 0, 0, 1);
        Assert.InRange(model.Itl, usual.Itl, 1.01f * usual.Itl);
    }

    [Fact]
    public void ASlowTimeIsForgottenWithNewsAndWithout()
    {
        var model = new LatencyModel(EstimatorPriors.Hosted);
        Usual(ref model, 100);
        model.Slowdown = 8;
        var silent = model;
        Usual(ref model, 6);
        Assert.InRange(model.Slowdown, 1, 1.5f);
        silent.ForgetSlowdown(15);
        Assert.Equal(4.5f, silent.Slowdown, 3);
        silent.ForgetSlowdown(120);
        Assert.InRange(silent.Slowdown, 1, 1.05f);
    }

    [Fact]
    public void AnEngineIsNeverSlowForALongGapBetweenTokens()
    {
        var model = new LatencyModel(EstimatorPriors.Remote);
        Usual(ref model, 100);
        model.LearnGap(0.5f, 3, 0.1f, 1);
        model.LearnFirstToken(20, 1000, 0, 0, 0);
        Assert.Equal(1, model.Slowdown);
    }

    [Fact]
    public void WhatStaysSlowIsLearntAsUsual()
    {
        var model = new LatencyModel(EstimatorPriors.Hosted);
        Usual(ref model, 100);
        for (var i = 0; i < 2000; i++)
            model.LearnFirstToken(4, 1000, 0, 0, 0);
        Assert.InRange(model.Slowdown * (model.BaseTtft + model.Work(1000, 0)), 3, 5);
        Assert.InRange(model.BaseTtft + model.Work(1000, 0), 1.3f, 5);
    }

    [Fact]
    public void NoiseIsNotTakenForTheHarmOfOnesOwnRequests()
    {
        var model = new LatencyModel(EstimatorPriors.Hosted);
        var random = new Random(5);
        for (var i = 0; i < 5000; i++)
        {
            model.LearnGap(0.012f + (0.003f * (random.NextSingle() - 0.5f)), 1, 0.0004f * random.NextSingle(), 1 + (i * 1_000_000_000L));
            Assert.InRange(model.Interference, 0, 0.1f);
        }
    }

    [Fact]
    public void AnEnginesPrefillIsTakenForTheHarmThatItIs()
    {
        var model = new LatencyModel(EstimatorPriors.Remote with { Interference = 0.2 });
        var random = new Random(5);
        for (var i = 0; i < 5000; i++)
        {
            var work = 0.04f * random.NextSingle();
            model.LearnGap(0.02f + (0.9f * work) + (0.003f * (random.NextSingle() - 0.5f)), 1, work, 1 + (i * 1_000_000_000L));
        }

        Assert.InRange(model.Interference, 0.75f, 1.05f);
    }

    [Fact]
    public void TheEndOfASlowTimeTeachesNothingElse()
    {
        var model = new LatencyModel(EstimatorPriors.Hosted);
        Usual(ref model, 100);
        model.Slowdown = 8;
        var usual = (model.Itl, model.ItlPerStream, model.Interference);
        model.LearnGap(0.04f, 20, 0.1f, 1_000_000_000);
        Assert.Equal(usual, (model.Itl, model.ItlPerStream, model.Interference));
    }

    private static void Usual(ref LatencyModel model, int samples)
    {
        for (var i = 0; i < samples; i++)
        {
            model.LearnFirstToken(0.5f, 1000, 0, 0, 0);
            model.LearnGap(0.015f, 1, 0, 1 + i);
        }
    }
}
