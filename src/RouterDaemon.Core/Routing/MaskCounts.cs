using System.Runtime.CompilerServices;

namespace RouterDaemon.Core.Routing;

/// <summary>How many candidates were masked for each reason, by the reason's bit number.</summary>
[InlineArray(Length)]
public struct MaskCounts
{
    /// <summary>Reasons.</summary>
    public const int Length = 12;

    private ushort _first;

    /// <summary>The count of one reason.</summary>
    public readonly int Of(MaskReason reason) => this[System.Numerics.BitOperations.TrailingZeroCount((uint)reason)];

    internal void Add(MaskReason reasons)
    {
        for (var bits = (uint)reasons; bits != 0; bits &= bits - 1)
            this[System.Numerics.BitOperations.TrailingZeroCount(bits)]++;
    }
}
