using System.Security.Cryptography;

namespace RouterDaemon.Http;

/// <summary>Ids of requests: <c>req_</c> and 24 hexadecimal digits; unique over restarts (a random start, then a counter).</summary>
internal static class RequestIds
{
    private static readonly ulong Start = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private static readonly uint Process = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
    private static ulong _count;

    /// <summary>The next id.</summary>
    public static string Next()
    {
        // An odd multiplier makes the walk over all 2^64 values a permutation: no repeats, no visible counter.
        var value = Start + (Interlocked.Increment(ref _count) * 0x9E3779B97F4A7C15UL);
        return string.Create(28, (value, Process), static (span, state) =>
        {
            "req_".CopyTo(span);
            state.value.TryFormat(span[4..], out _, "x16");
            state.Process.TryFormat(span[20..], out _, "x8");
        });
    }
}
