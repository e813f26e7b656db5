using System.Buffers.Binary;

namespace RouterDaemon.Core.Stats;

/// <summary>
/// A log-linear histogram of milliseconds: 8 buckets an octave from 0.1 ms to about 28 minutes, so a percentile is within 6 % of the truth.
/// Two generations give a window; recording is one interlocked increment.
/// </summary>
public sealed class LatencyHistogram
{
    /// <summary>Buckets; the length of a roll-up row.</summary>
    public const int BucketCount = 192;

    private const int SubBuckets = 8;
    private const double FirstMs = 0.1;
    private int[] _current = new int[BucketCount];
    private int[] _previous = new int[BucketCount];

    /// <summary>The bucket of a value; NaN and negatives count as 0.</summary>
    public static int BucketOf(double ms)
    {
        var x = ms / FirstMs;
        if (!(x >= 1))
            return 0;
        var bits = BitConverter.DoubleToUInt64Bits(x);
        var octave = (int)(bits >> 52) - 1023;
        var sub = (int)(bits >> 49) & (SubBuckets - 1);
        return Math.Min((octave * SubBuckets) + sub, BucketCount - 1);
    }

    /// <summary>The value in the middle of a bucket, in milliseconds.</summary>
    public static double ValueOf(int bucket) =>
        FirstMs * Math.ScaleB(1, bucket / SubBuckets) * (1 + (((bucket % SubBuckets) + 0.5) / SubBuckets));

    /// <summary>Counts a value.</summary>
    public void Record(double ms) => Interlocked.Increment(ref Volatile.Read(ref _current)[BucketOf(ms)]);

    /// <summary>Values in the window (current and previous generation).</summary>
    public long Count
    {
        get
        {
            long n = 0;
            for (var i = 0; i < BucketCount; i++)
                n += (long)_current[i] + _previous[i];
            return n;
        }
    }

    /// <summary>The value that a fraction <paramref name="p"/> (0..1) of the window does not exceed, in milliseconds; NaN when there is none.</summary>
    public double Percentile(double p)
    {
        var rank = (long)Math.Ceiling(Math.Clamp(p, 0, 1) * Count);
        if (Count == 0)
            return double.NaN;
        long seen = 0;
        for (var i = 0; i < BucketCount; i++)
        {
            seen += (long)_current[i] + _previous[i];
            if (seen >= Math.Max(rank, 1))
                return ValueOf(i);
        }

        return ValueOf(BucketCount - 1);
    }

    /// <summary>Writes the window's counts; <paramref name="buckets"/> has <see cref="BucketCount"/> elements.</summary>
    public void CopyTo(Span<int> buckets)
    {
        for (var i = 0; i < BucketCount; i++)
            buckets[i] = _current[i] + _previous[i];
    }

    /// <summary>Adds counts of a roll-up, to start warm.</summary>
    public void Add(ReadOnlySpan<int> buckets)
    {
        for (var i = 0; i < Math.Min(buckets.Length, BucketCount); i++)
            Interlocked.Add(ref _current[i], buckets[i]);
    }

    /// <summary>The window's counts for storage: for each bucket that has any, its number in one byte and its count in four, little-endian.</summary>
    public byte[] Export()
    {
        Span<byte> bytes = stackalloc byte[BucketCount * 5];
        var length = 0;
        for (var i = 0; i < BucketCount; i++)
        {
            var count = _current[i] + _previous[i];
            if (count == 0)
                continue;
            bytes[length] = (byte)i;
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(length + 1)..], count);
            length += 5;
        }

        return bytes[..length].ToArray();
    }

    /// <summary>Adds what <see cref="Export"/> gave to the older generation, which the next rotation forgets; what cannot be read is left out.</summary>
    public void Import(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 5; bytes = bytes[5..])
        {
            var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]);
            if (bytes[0] < BucketCount && count > 0)
                Interlocked.Add(ref Volatile.Read(ref _previous)[bytes[0]], count);
        }
    }

    /// <summary>Starts a new generation and forgets the one before the last. Called by one timer.</summary>
    public void Rotate()
    {
        var old = _previous;
        Array.Clear(old);
        _previous = _current;
        Volatile.Write(ref _current, old);
    }
}
