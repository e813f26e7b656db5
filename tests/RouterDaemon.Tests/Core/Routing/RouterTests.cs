using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;
using Xunit;

namespace RouterDaemon.Tests.Core.Routing;

public sealed class RouterTests
{
    private readonly Router _router = new(new RouterOptions { Exploration = 0 });
    private RouteDecision _decision;

    [Fact]
    public void MasksAreHardAndNamed()
    {
        var fleet = Fleets.Equal(7, i => i switch
        {
            0 => Fleets.Entry(i, capabilities: Capability.Embeddings),
            1 => Fleets.Entry(i, trust: TrustLevel.Public),
            2 => Fleets.Entry(i, context: 1000),
            3 => Fleets.Entry(i, price: 1e6),
            4 => Fleets.Entry(i),
            5 => Fleets.Entry(i, tags: 0),
            _ => Fleets.Entry(i, tags: 2, ttftMs: 5000),
        });
        var request = Fleets.Request() with { PrivacyFloor = TrustLevel.Private, MaxCostUsd = 1, RequiredTags = 0 };
        request.Tried.Add(4);
        request.Tried.Add(5);
        Assert.Equal(RouteResult.Chosen, Choose(fleet, request, out var lease));
        Assert.Equal(6, _decision.Winner);
        Assert.Equal(1, _decision.Usable);
        Assert.Equal(
            MaskReason.Capability | MaskReason.Privacy | MaskReason.Context | MaskReason.Cost | MaskReason.Tried, _decision.Masked);
        Assert.Equal(2, _decision.MaskCounts.Of(MaskReason.Tried));
        Fleets.Finish(_router, ref lease, 1);

        request.RequiredTags = 4;
        Assert.Equal(RouteResult.NothingUsable, Choose(fleet, request, out lease));
        Assert.False(lease.IsHeld);
        Assert.False(_decision.WaitingHelps);
        Assert.Equal(-1, _decision.Winner);
    }

    [Fact]
    public void ContextAtBelowAndAboveTheLimit()
    {
        var fleet = Fleets.Equal(1, i => Fleets.Entry(i, context: 1100));
        Assert.Equal(RouteResult.Chosen, Choose(fleet, Fleets.Request(1000) with { MaxTokens = 99 }, out _));
        Assert.Equal(RouteResult.Chosen, Choose(fleet, Fleets.Request(1000) with { MaxTokens = 100 }, out _));
        Assert.Equal(RouteResult.NothingUsable, Choose(fleet, Fleets.Request(1000) with { MaxTokens = 101 }, out _));
    }

    [Fact]
    public void NothingUsableSaysWhenWaitingHelps()
    {
        var fleet = Fleets.Equal(2, i => Fleets.Entry(i, cap: 1));
        fleet.Deployments[0].State.MarkDown(5 * Fleets.SecondNs);
        Assert.Equal(RouteResult.Chosen, Choose(fleet, Fleets.Request(), out _, Fleets.SecondNs));
        Assert.Equal(RouteResult.NothingUsable, Choose(fleet, Fleets.Request(), out _, Fleets.SecondNs));
        Assert.True(_decision.WaitingHelps);
        Assert.Equal(MaskReason.Down | MaskReason.Full, _decision.Masked);
        Assert.InRange(_decision.RecoveryNs, Fleets.SecondNs, 10 * Fleets.SecondNs);
    }

    [Fact]
    public void ReleasingTwiceIsHarmless()
    {
        var fleet = Fleets.Equal(1);
        Choose(fleet, Fleets.Request(), out var lease);
        var state = fleet.Deployments[0].State;
        Assert.Equal(1, state.InFlight);
        Assert.Equal(1, state.Unanswered);
        _router.OnFirstToken(ref lease, 10);
        _router.OnFirstToken(ref lease, 20);
        Assert.Equal(0, state.Unanswered);
        Fleets.Finish(_router, ref lease, 30);
        Fleets.Finish(_router, ref lease, 40);
        Assert.Equal(0, state.InFlight);
        Assert.Equal(0, state.OutstandingPrefillTokens);
        Assert.Equal(0, state.KvTokensInFlight);
        var none = default(RouteLease);
        Fleets.Finish(_router, ref none, 50);
    }

    [Fact]
    public void LastResortOnlyWhenNothingElse()
    {
        var fleet = Fleets.Equal(2, i => Fleets.Entry(i, lastResort: i == 0, ttftMs: i == 0 ? 1 : 50_000, cap: 1));
        Choose(fleet, Fleets.Request(), out _);
        Assert.Equal(1, _decision.Winner);
        Assert.Equal(1, _decision.MaskCounts.Of(MaskReason.LastResort));
        Choose(fleet, Fleets.Request(), out _);
        Assert.Equal(0, _decision.Winner);
    }

    [Fact]
    public void ExplainPricesEveryCandidateAndChangesNothing()
    {
        var fleet = Fleets.Equal(3, i => Fleets.Entry(i, price: i, trust: i == 2 ? TrustLevel.Public : TrustLevel.Private));
        var reports = new CandidateReport[3];
        var request = Fleets.Request() with { PrivacyFloor = TrustLevel.Private };
        Assert.Equal(3, _router.Explain(fleet.All, request, [], 1, reports));
        Assert.Equal(MaskReason.Privacy, reports[2].Masked);
        Assert.All(reports, r => Assert.True(r.Terms.TotalUsd > 0));
        Assert.True(reports[1].Terms.CostUsd > 0);
        Assert.All(fleet.Deployments, d => Assert.Equal(0, d.State.InFlight));
        Choose(fleet, request, out _);
        Assert.Equal(reports[0].Terms.TotalUsd, _decision.WinnerTerms.TotalUsd);
        Assert.Equal(reports[1].Terms.TotalUsd, _decision.RunnerUpTerms.TotalUsd);
    }

    [Theory]
    [InlineData(0, 10, 1, 90)] // what is billed at most, not the 5 tokens of the estimate
    [InlineData(0, 10, 3, 110)] // every answer is billed
    [InlineData(40, 10, 1, 50)] // nobody bills more than the context
    [InlineData(0, 0, 1, 80 + 4096)] // no limit given: a long answer
    public void BudgetsSetAsideWhatMayBeBilledAtMost(int context, int maxTokens, int answers, int tokens)
    {
        var budget = new BudgetState("b", 10);
        var fleet = Fleets.Equal(1, _ => new DeploymentEntry
        {
            Id = "m/a",
            ModelId = "m",
            BackendId = "a",
            UpstreamModel = "m",
            Trust = TrustLevel.Private,
            Capabilities = Capability.Chat,
            ContextTokens = context,
            PriceInputUsdPerMillion = 1000,
            PriceOutputUsdPerMillion = 1000,
            Budgets = [budget],
            State = new DeploymentState(),
        });
        var request = Fleets.Request(5) with { MostPromptTokens = 80, MaxTokens = maxTokens, Answers = answers };
        var taken = 0;
        RouteLease lease;
        for (; Choose(fleet, request, out lease) == RouteResult.Chosen; taken++)
            Assert.Equal((taken + 1) * tokens * 1e-3, budget.ReservedUsd, 1e-6);
        Assert.Equal(10_000 / tokens, taken);
        Assert.Equal(MaskReason.Budget, _decision.Masked);
        Assert.False(lease.IsHeld);
    }

    [Fact]
    public void TheTimeBetweenTokensOfAShortAnswerIsKnownBeforeItEnds()
    {
        Assert.Equal(RouteResult.Chosen, Choose(Fleets.Equal(1), Fleets.Request(), out var lease));
        _router.OnFirstToken(ref lease, 100_000_000);
        Assert.True(double.IsNaN(lease.ItlMs));
        for (var i = 1; i <= 300; i++)
        {
            _router.OnTokens(ref lease, 1, 100_000_000 + (i * 5_000_000L));
            if (i is 1 or 12 or 256 or 300)
                Assert.Equal(5, lease.ItlMs, 1e-3);
        }

        _router.OnFinished(ref lease, new RouteOutcome { Kind = OutcomeKind.Success, CachedTokens = -1 }, 100_000_000 + (300 * 5_000_000L));
        Assert.Equal(5, lease.ItlMs, 1e-3);
    }

    private RouteResult Choose(FleetSnapshot fleet, RouteRequest request, out RouteLease lease, long nowNs = 1) =>
        _router.Choose(fleet.All, request, [], nowNs, ref _decision, out lease);
}
