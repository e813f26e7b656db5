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

    private static void Usual(ref LatencyModel model, int samples)
    {
        for (var i = 0; i < samples; i++)
        {
            model.LearnFirstToken(0.5f, 1000, 0, 0, 0);
            model.LearnGap(0.015f, 1, 0, 1 + i);
        }
    }
}
