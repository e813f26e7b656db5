using RouterDaemon.Engine.Scheduling;
using Xunit;

namespace RouterDaemon.Tests.Engine;

public sealed class GovernorTests
{
    [Fact]
    public void LowersThreadsWhenStepsJumpAndRaisesThemAfterACalmTime()
    {
        ThreadGovernor governor = new(4);
        double now = 0;
        int Steps(int count, double ms)
        {
            for (int i = 0; i < count; i++)
                governor.Observe(2, ms, now += ms);
            return governor.Threads;
        }
        Assert.Equal(4, Steps(64, 10));
        Assert.Equal(2, Steps(8, 100));
        Assert.Equal(2, Steps(64, 12));
        Assert.Equal(1, Steps(8, 200));
        Assert.Equal(1, Steps(40, 20));
        Assert.Equal(2, Steps(600, 20));
        Assert.Equal(4, Steps(2000, 15));
    }

    [Fact]
    public void AGrowingContextIsNotANeighbour()
    {
        ThreadGovernor governor = new(4);
        double ms = 10;
        for (int i = 0; i < 2000; i++)
            Assert.Equal(4, governor.Observe(1, ms += 0.02, i * 10.0));
    }

    [Fact]
    public void OtherBatchSizesHaveTheirOwnUsualTime()
    {
        ThreadGovernor governor = new(4);
        for (int i = 0; i < 200; i++)
            Assert.Equal(4, governor.Observe(i % 2 == 0 ? 1 : 16, i % 2 == 0 ? 5 : 60, i * 10.0));
    }

    [Fact]
    public void ThePromptBudgetKeepsAStepNearItsTarget()
    {
        PromptBudget budget = new(512);
        Assert.Equal(512, budget.Tokens(othersDecode: false));
        Assert.Equal(128, budget.Tokens(othersDecode: true));
        for (int i = 0; i < 20; i++)
            budget.Observe(128, 128 * 0.25);
        Assert.Equal(200, budget.Tokens(othersDecode: true));
        for (int i = 0; i < 80; i++)
            budget.Observe(512, 512 * 0.01);
        Assert.Equal(512, budget.Tokens(othersDecode: true));
        for (int i = 0; i < 40; i++)
            budget.Observe(64, 64 * 20);
        Assert.Equal(128, budget.Tokens(othersDecode: true));
        Assert.Equal(512, budget.Tokens(othersDecode: false));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(127, 127)]
    [InlineData(128, 128)]
    [InlineData(129, 65)]
    [InlineData(256, 128)]
    [InlineData(257, 86)]
    public void APromptIsCutIntoEqualPieces(int left, int piece) => Assert.Equal(piece, PromptBudget.Piece(left, 128));
}
