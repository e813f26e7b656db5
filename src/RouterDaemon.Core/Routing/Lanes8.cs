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

    /// <summary>The smallest; lanes must hold numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Least(Vector256<float> lanes)
    {
        var four = Vector128.MinNative(lanes.GetLower(), lanes.GetUpper());
        var two = Vector128.MinNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return MathF.Min(two[0], two[1]);
    }
}
