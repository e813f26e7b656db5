using RouterDaemon.Store.Records;
using Xunit;

namespace RouterDaemon.Tests.Store;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void PercentilesAreWithinTheStatedError()
    {
        var random = new Random(42);
        var histogram = new LatencyHistogram();
        var values = Enumerable.Range(0, 20_000).Select(_ => Math.Exp((random.NextDouble() * 12) - 2)).ToArray();
        foreach (var value in values)
        {
            histogram.Add(value);
        }

        Array.Sort(values);
        var stored = LatencyHistogram.FromBytes(histogram.ToBytes());
        Assert.Equal(values.Length, stored.Count);
        foreach (var p in new[] { 0.0, 0.1, 0.5, 0.95, 0.99, 1.0 })
        {
            var exact = values[(int)((values.Length - 1) * p)];
            Assert.InRange(stored.Percentile(p)!.Value, (exact * 0.984) - 0.011, exact * 1.016);
        }
    }

    [Fact]
    public void MergingEqualsAddingAndOddValuesAreIgnored()
    {
        var (a, b, both) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        Assert.Null(a.Percentile(0.5));
        for (var i = 0; i < 500; i++)
        {
            (i % 2 == 0 ? a : b).Add(i);
            both.Add(i);
        }

        both.Add(double.NaN);
        both.Add(double.PositiveInfinity);
        a.Merge(b);
        Assert.Equal(both.ToBytes(), a.ToBytes());
        Assert.Equal(500, both.Count);
        both.Add(-3);
        Assert.Equal(0, both.Percentile(0));
    }
}
