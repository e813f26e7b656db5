using System.Numerics;

namespace RouterDaemon.Store.Records;

/// <summary>
/// Counts of times in 32 linear steps for each power of two (after HdrHistogram), from 0.01 ms: a percentile is within 1.6 % of
/// the exact one. Stored as varint pairs of index step and count.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 5;
    private const double UnitMs = 0.01;
    private const int MaxExponent = 50;
    private const int MaxIndex = (MaxExponent - SubBits + 2) << SubBits;
    private const int FirstLength = 16 << SubBits; // up to 10 s: most histograms never grow

    private long[] _counts = [];

    public long Count { get; private set; }

    public void Add(double ms, long count = 1)
    {
        if (!double.IsFinite(ms) || count <= 0)
        {
            return;
        }

        AddIndex(IndexOf((long)Math.Clamp(ms / UnitMs, 0, 1L << MaxExponent)), count);
    }

    public void Merge(LatencyHistogram other)
    {
        for (var index = 0; index < other._counts.Length; index++)
        {
            AddIndex(index, other._counts[index]);
        }
    }

    /// <summary>The value at rank floor((n-1)*p), the middle of its bucket; null when empty.</summary>
    public double? Percentile(double p)
    {
        var rank = (long)((Count - 1) * p);
        for (var index = 0; index < _counts.Length; index++)
        {
            if (rank < _counts[index])
            {
                return MiddleOf(index) * UnitMs;
            }

            rank -= _counts[index];
        }

        return null;
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        var last = 0;
        for (var index = 0; index < _counts.Length; index++)
        {
            if (_counts[index] > 0)
            {
                WriteVarint(stream, (ulong)(index - last));
                WriteVarint(stream, (ulong)_counts[index]);
                last = index;
            }
        }

        return stream.ToArray();
    }

    public static LatencyHistogram FromBytes(ReadOnlySpan<byte> bytes)
    {
        var histogram = new LatencyHistogram();
        histogram.MergeBytes(bytes);
        return histogram;
    }

    /// <summary>Adds a stored histogram; stops at the first damaged pair.</summary>
    public void MergeBytes(ReadOnlySpan<byte> bytes)
    {
        var index = 0;
        while (TryReadVarint(ref bytes, out var step) && TryReadVarint(ref bytes, out var count) && step <= (ulong)(MaxIndex - index))
        {
            index += (int)step;
            AddIndex(index, (long)count);
        }
    }

    private static int IndexOf(long value)
    {
        if (value < 1 << SubBits)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - SubBits;
        return ((shift + 1) << SubBits) + (int)((value >> shift) - (1 << SubBits));
    }

    private static double MiddleOf(int index)
    {
        if (index < 1 << SubBits)
        {
            return index;
        }

        var shift = (index >> SubBits) - 1;
        var low = ((index & ((1 << SubBits) - 1)) + (1L << SubBits)) << shift;
        return low + (((1L << shift) - 1) / 2.0);
    }

    private void AddIndex(int index, long count)
    {
        if (index >= _counts.Length)
        {
            Array.Resize(ref _counts, Math.Clamp(index + (4 << SubBits), FirstLength, MaxIndex + 1));
        }

        _counts[index] += count;
        Count += count;
    }

    private static void WriteVarint(MemoryStream stream, ulong value)
    {
        while (value >= 0x80)
        {
            stream.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        stream.WriteByte((byte)value);
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
