using RouterDaemon.Core.State;
using Xunit;

namespace RouterDaemon.Tests.Core.State;

public sealed class BudgetStateTests
{
    [Theory]
    [InlineData(0.999, true)]
    [InlineData(1, true)]
    [InlineData(1.001, false)]
    public void TheLimitHolds(double usd, bool fits)
    {
        var budget = new BudgetState("b", 1);
        Assert.Equal(fits, budget.HasRoomFor(usd));
        Assert.Equal(fits, budget.TryReserve(usd));
        Assert.Equal(fits ? usd : 0, budget.ReservedUsd, 1e-8);
    }

    [Fact]
    public void NothingMaySpendWhatIsNotThereButTheFreeMayGoOn()
    {
        var budget = new BudgetState("b", 0);
        Assert.True(budget.TryReserve(0));
        Assert.False(budget.TryReserve(1e-9));
    }

    [Fact]
    public void WhatIsSetAsideComesBackAndWhatWasSpentStays()
    {
        var budget = new BudgetState("b", 1);
        Assert.True(budget.TryReserve(0.8));
        Assert.False(budget.TryReserve(0.3));
        budget.Settle(0.8, 0.1);
        Assert.Equal((0.1, 0), (Math.Round(budget.SpentUsd, 6), Math.Round(budget.ReservedUsd, 6)));
        Assert.True(budget.TryReserve(0.9));
        budget.Restart(1, 0);
        Assert.False(budget.TryReserve(0.2)); // a request under way is not forgotten with its period
    }

    [Fact]
    public void ManyAtOnceNeverOverspend()
    {
        var budget = new BudgetState("b", 1);
        var taken = 0;
        Parallel.For(0, 10_000, _ => Interlocked.Add(ref taken, budget.TryReserve(0.001) ? 1 : 0));
        Assert.InRange(taken, 990, 1000);
        Assert.InRange(budget.ReservedUsd, 0, 1.000001);
    }

    [Fact]
    public void SpendingTooFastMakesMoneyDearerUntilItDoesNot()
    {
        const double Hour = 3600;
        var budget = new BudgetState("b", 36); // a cent a second
        Assert.Equal(0, Run(budget, 600, 0.009, Hour));
        var fast = Run(budget, 300, 0.05, Hour - 600);
        Assert.InRange(fast, 1, BudgetState.MostPressure);
        Assert.InRange(Run(budget, 3000, 0, Hour - 900), 0, 0.01);
        foreach (var bad in new[] { double.NaN, double.PositiveInfinity, -1, 0 })
            budget.Pace(100, Hour, bad);
        Assert.True(double.IsFinite(budget.Pressure));
    }

    private static double Run(BudgetState budget, int seconds, double usdPerSecond, double secondsLeft)
    {
        for (var i = 0; i < seconds; i++)
        {
            budget.Settle(0, usdPerSecond);
            budget.Pace(secondsLeft - i, 3600, 1);
        }

        return budget.Pressure;
    }
}
