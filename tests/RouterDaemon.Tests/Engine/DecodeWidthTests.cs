using RouterDaemon.Engine.Scheduling;
using Xunit;

namespace RouterDaemon.Tests.Engine;

public sealed class DecodeWidthTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(4, 1)]
    [InlineData(8, 8)]
    [InlineData(16, 16)]
    public void TurnsWhereABatchIsSlower(int generating, int expected)
    {
        // Tokens a second of 8-bit weights on one core, as measured: 260 alone, 150 and 181 for two and four, 297 for eight, 457 for sixteen.
        DecodeWidth width = Learnt(generating, w => 1000.0 * w / (w switch { 1 => 260, 2 => 150, <= 4 => 181, <= 8 => 297, _ => 457 }));
        Assert.Equal(expected, Usual(width, generating));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(16)]
    public void ABatchWhereItPays(int generating) => Assert.Equal(generating, Usual(Learnt(generating, w => 4 + 0.5 * w), generating));

    [Fact]
    public void EqualSpeedIsABatchOfAll() => Assert.Equal(4, Usual(Learnt(4, w => 3.0 * w), 4));

    [Fact]
    public void ASlowNeighbourIsForgotten()
    {
        DecodeWidth width = Learnt(4, w => 4 + 0.5 * w);
        for (int i = 0; i < 20; i++)
            width.Observe(4, 400);
        for (int i = 0; i < 2_000; i++)
        {
            int w = width.Choose(4);
            width.Observe(w, 4 + 0.5 * w);
        }
        Assert.Equal(4, Usual(width, 4));
    }

    [Fact]
    public void EveryWidthIsTriedAgain()
    {
        DecodeWidth width = Learnt(8, w => 4 + 0.5 * w);
        HashSet<int> tried = [];
        for (int i = 0; i < 4 * 200; i++)
            tried.Add(width.Choose(8));
        Assert.Equal([1, 2, 4, 8], tried.Order());
    }

    private static DecodeWidth Learnt(int generating, Func<int, double> stepMs)
    {
        DecodeWidth width = new(16);
        for (int i = 0; i < 60; i++)
        {
            int w = width.Choose(generating);
            Assert.InRange(w, 1, generating);
            width.Observe(w, stepMs(w));
        }
        return width;
    }

    /// <summary>What it chooses but for the steps that try another width again.</summary>
    private static int Usual(DecodeWidth width, int generating) =>
        Enumerable.Range(0, 50).Select(_ => width.Choose(generating)).GroupBy(w => w).MaxBy(g => g.Count())!.Key;
}
