using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RouterDaemon.Core.Routing;

/// <summary>Between eight lanes and eight bits.</summary>
internal static class Lanes8
{
    /// <summary>All bits set in the lanes whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Mask(int bits)
    {
        var lane = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        return Vector256.Equals(Vector256.Create(bits) & lane, lane).AsSingle();
    }

    /// <summary>The bits of the lanes with all bits set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bits(Vector256<int> lanes) => (int)lanes.ExtractMostSignificantBits();

    /// <summary>One lane of a vector in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T At<T>(ref readonly Vector256<T> lanes, int lane)
        where T : struct
        => MemoryMarshal.Cast<Vector256<T>, T>(new ReadOnlySpan<Vector256<T>>(in lanes))[lane];

    /// <summary>
    /// The smallest and the second smallest of eight pairs in one reduction; of equal ones both. <paramref name="low"/> holds each pair's smaller, and all
    /// must be numbers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (float Least, float Second) LeastTwo(Vector256<float> low, Vector256<float> high)
    {
        var (least, second) = Halve(low.GetLower(), low.GetUpper(), high.GetLower(), high.GetUpper());
        // The order stands in the call: a shuffle by a variable is no single instruction.
        (least, second) = Halve(least, Vector128.Shuffle(least, Vector128.Create(2, 3, 0, 1)), second, Vector128.Shuffle(second, Vector128.Create(2, 3, 0, 1)));
        (least, second) = Halve(least, Vector128.Shuffle(least, Vector128.Create(1, 0, 3, 2)), second, Vector128.Shuffle(second, Vector128.Create(1, 0, 3, 2)));
        return (least.ToScalar(), second.ToScalar());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Low, Vector128<float> High) Halve(Vector128<float> low, Vector128<float> otherLow, Vector128<float> high, Vector128<float> otherHigh) =>
        (Vector128.MinNative(low, otherLow), Vector128.MinNative(Vector128.MaxNative(low, otherLow), Vector128.MinNative(high, otherHigh)));
}
