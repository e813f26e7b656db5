using RouterDaemon.Bench.Load;
using Xunit;

namespace RouterDaemon.SystemTests.Harness;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.99)]
    [InlineData(0.999)]
    [InlineData(1)]
    public void PercentilesAreWithinOnePercentOfTheSortedValues(double fraction)
    {
        var random = new Random(7);
        var histogram = new LatencyHistogram();
        long[] values = [.. Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * 22))];
        foreach (long value in values)
            histogram.Record(value);
        Array.Sort(values);
        double exact = values[(int)Math.Ceiling(fraction * values.Length) - 1];
        Assert.InRange(histogram.Percentile(fraction), exact, (exact * 1.008) + 1);
    }

    [Fact]
    public void EdgesAreHeld()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, histogram.Percentile(0.5));
        histogram.Record(-5);
        Assert.Equal(0, histogram.Percentile(1));
        histogram.Record(long.MaxValue);
        Assert.Equal(long.MaxValue, histogram.MaxNs);
        Assert.Equal(long.MaxValue, histogram.Percentile(1));
        Assert.Equal(2, histogram.Count);
    }
}
