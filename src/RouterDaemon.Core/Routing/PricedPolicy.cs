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
        var (low, high) = (scores[0], Vector256.Create(float.PositiveInfinity));
        for (var place = 1; place < scores.Length; place++)
        {
            high = Vector256.MinNative(high, Vector256.MaxNative(low, scores[place]));
            low = Vector256.MinNative(low, scores[place]);
        }

        var (best, second) = Lanes8.LeastTwo(low, high);
        context.Winner = Find(scores, best, ref context);
        context.RunnerUp = -1;
        if (context.UsableCount == 1)
            return;
        context.RunnerUp = Find(scores, second, except: (uint)context.Winner);
        if (!context.MayExplore || second > ExplorationRange * best || context.Entry(context.RunnerUp).Paid)
            return;
        (context.Winner, context.RunnerUp) = (context.RunnerUp, context.Winner);
        context.Explored = true;
    }

    /// <summary>Of equal ones one by lot, so that a fleet of equals is used evenly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    /// <summary>The place of the first with this score that is not <paramref name="except"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Find(ReadOnlySpan<Vector256<float>> scores, float wanted, uint except)
    {
        for (var place = 0; ; place++)
        {
            var bits = Equal(scores[place], wanted);
            bits &= (uint)place == except / LaneBlock.Width ? ~(1 << (int)(except % LaneBlock.Width)) : -1;
            if (bits != 0)
                return (place * LaneBlock.Width) + BitOperations.TrailingZeroCount(bits);
        }
    }

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
