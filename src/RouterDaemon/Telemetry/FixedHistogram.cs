namespace RouterDaemon.Telemetry;

/// <summary>Counts values in fixed buckets since the start, as Prometheus wants them. Any thread may record; nothing is allocated.</summary>
internal sealed class FixedHistogram(double[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    /// <summary>Upper bounds of the buckets, rising; values above the last one are in a bucket of their own.</summary>
    public double[] Bounds => bounds;

    /// <summary>Sum of the values.</summary>
    public double Sum => Volatile.Read(ref _sum);

    /// <summary>Values in a bucket, not in those below it; <c>Bounds.Length</c> is the one without an upper bound.</summary>
    public long CountOf(int bucket) => Volatile.Read(ref _counts[bucket]);

    /// <summary>Counts a value; what is not finite or is negative is left out.</summary>
    public void Record(double value)
    {
        if (!(value >= 0 && value < double.PositiveInfinity))
        {
            return;
        }

        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Atomic.Add(ref _sum, value);
    }
}
