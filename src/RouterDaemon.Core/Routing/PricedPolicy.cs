using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Routing;

/// <summary>The cheapest sum of money, time, harm to others, risk and quality; see <see cref="Pricing"/>.</summary>
internal sealed class PricedPolicy : IRoutingPolicy
{
    private const float ExplorationRange = 1.2f;

    public void Select(ref PolicyContext context)
    {
        context.PriceAll();
        var scores = context.Scores;
        var best = Least(scores);
        context.Winner = Find(scores, best, ref context);
        context.RunnerUp = -1;
        if (context.UsableCount == 1)
            return;
        // One float written where a vector is read next would stall the read: the winner's lane is masked in a register and written back whole.
        ref var winners = ref scores[context.Winner / LaneBlock.Width];
        winners = Vector256.ConditionalSelect(
            Lanes8.Mask(1 << (context.Winner % LaneBlock.Width)), Vector256.Create(float.PositiveInfinity), winners);
        var second = Least(scores);
        context.RunnerUp = Find(scores, second);
        if (!context.MayExplore || second > ExplorationRange * best || context.Entry(context.RunnerUp).Paid)
            return;
        (context.Winner, context.RunnerUp) = (context.RunnerUp, context.Winner);
        context.Explored = true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Least(ReadOnlySpan<Vector256<float>> scores)
    {
        var least = scores[0];
        for (var place = 1; place < scores.Length; place++)
            least = Vector256.MinNative(least, scores[place]);
        return Lanes8.Least(least);
    }

    /// <summary>The lane of a score. Equals win by lot, so that a fleet of equals is used evenly.</summary>
    private static int Find(ReadOnlySpan<Vector256<float>> scores, float wanted, ref PolicyContext context)
    {
        int equals = 0, lane = 0;
        for (var place = scores.Length - 1; place >= 0; place--)
        {
            var bits = Equal(scores[place], wanted);
            equals += BitOperations.PopCount((uint)bits);
            lane = bits != 0 ? (place * LaneBlock.Width) + BitOperations.TrailingZeroCount(bits) : lane;
        }

        return equals == 1 ? lane : Find(scores, wanted, context.NextIndex(equals));
    }

    /// <summary>The lane of the score after <paramref name="skip"/> equal ones.</summary>
    private static int Find(ReadOnlySpan<Vector256<float>> scores, float wanted, int skip = 0)
    {
        var place = 0;
        var bits = Equal(scores[0], wanted);
        while (true)
        {
            var here = BitOperations.PopCount((uint)bits);
            if (skip < here)
                break;
            skip -= here;
            bits = Equal(scores[++place], wanted);
        }

        for (; skip > 0; skip--)
            bits &= bits - 1;
        return (place * LaneBlock.Width) + BitOperations.TrailingZeroCount(bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Equal(Vector256<float> scores, float wanted) => Lanes8.Bits(Vector256.Equals(scores, Vector256.Create(wanted)).AsInt32());
}
