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
        var best = Score(ref context, scores);
        context.Winner = First(scores, best, ref context);
        context.RunnerUp = -1;
        if (context.UsableCount == 1)
            return;
        // One float written where a vector is read next would stall the read: the winner's lane is masked in a register and written back whole.
        ref var winners = ref scores[context.Winner / LaneBlock.Width];
        winners = Vector256.ConditionalSelect(
            Lanes8.Mask(1 << (context.Winner % LaneBlock.Width)), Vector256.Create(float.PositiveInfinity), winners);
        var second = Least(scores);
        context.RunnerUp = Find(scores, second, 0);
        if (!context.MayExplore || second > ExplorationRange * best || context.Entry(context.RunnerUp).Paid)
            return;
        (context.Winner, context.RunnerUp) = (context.RunnerUp, context.Winner);
        context.Explored = true;
    }

    /// <summary>Sums of the usable, infinity elsewhere; returns the least.</summary>
    private static float Score(ref PolicyContext context, Span<Vector256<float>> scores)
    {
        var usable = context.UsableMasks;
        var none = Vector256.Create(float.PositiveInfinity);
        for (var place = 0; place < scores.Length; place++)
        {
            scores[place] = usable[place] == 0 ? none
                : Vector256.ConditionalSelect(Lanes8.Mask(usable[place]), context.PriceOf(place * LaneBlock.Width).Total, none);
        }

        return Least(scores);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Least(ReadOnlySpan<Vector256<float>> scores)
    {
        var least = scores[0];
        for (var place = 1; place < scores.Length; place++)
            least = Vector256.MinNative(least, scores[place]);
        return Lanes8.Least(least);
    }

    /// <summary>Equals win by lot, so that a fleet of equals is used evenly.</summary>
    private static int First(ReadOnlySpan<Vector256<float>> scores, float best, ref PolicyContext context)
    {
        var equals = 0;
        foreach (var score in scores)
            equals += BitOperations.PopCount((uint)Equal(score, best));
        return Find(scores, best, equals > 1 ? context.NextIndex(equals) : 0);
    }

    /// <summary>The lane of the score after <paramref name="skip"/> equal ones.</summary>
    private static int Find(ReadOnlySpan<Vector256<float>> scores, float wanted, int skip)
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
