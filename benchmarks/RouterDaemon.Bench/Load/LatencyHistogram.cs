using System.Numerics;

namespace RouterDaemon.Bench.Load;

/// <summary>Counts of nanosecond values in log-linear buckets, as HdrHistogram does: 128 linear buckets in each power of two, so that a
/// percentile is off by less than 0.8 %. Safe for concurrent recording.</summary>
public sealed class LatencyHistogram
{
    private const int SubBits = 7;
    private const int SubCount = 1 << SubBits;
    private readonly long[] _counts = new long[(64 - SubBits) * SubCount];
    private long _count;
    private long _sum;
    private long _max;

    /// <summary>Recorded values.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Mean in nanoseconds; 0 when empty.</summary>
    public double MeanNs => Count == 0 ? 0 : (double)Volatile.Read(ref _sum) / Count;

    /// <summary>Largest value in nanoseconds.</summary>
    public long MaxNs => Volatile.Read(ref _max);

    /// <summary>Records one value; negative ones count as 0.</summary>
    public void Record(long ns)
    {
        ns = Math.Max(ns, 0);
        Interlocked.Increment(ref _counts[IndexOf(ns)]);
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _sum, ns);
        long max;
        while (ns > (max = Volatile.Read(ref _max)) && Interlocked.CompareExchange(ref _max, ns, max) != max)
        {
        }
    }

    /// <summary>The value that a fraction of all values does not exceed, in nanoseconds; 0 when empty.</summary>
    /// <param name="fraction">0..1, for instance 0.99.</param>
    public long Percentile(double fraction)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(fraction * Count));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += Volatile.Read(ref _counts[i]);
            if (seen >= rank)
                return Math.Min(UpperBound(i), MaxNs);
        }

        return MaxNs;
    }

    private static int IndexOf(long ns)
    {
        int magnitude = Math.Max(0, BitOperations.Log2((ulong)ns | 1) - SubBits);
        return (magnitude * SubCount) + (int)(ns >> magnitude);
    }

    private static long UpperBound(int index)
    {
        if (index < 2 * SubCount)
            return index;
        int magnitude = (index / SubCount) - 1;
        return (((long)(index - (magnitude * SubCount)) + 1) << magnitude) - 1;
    }
}
