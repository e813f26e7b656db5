namespace RouterDaemon.Core.Routing;

/// <summary>The emptier, by requests in flight, of two drawn at random (Mitzenmacher 2001; Envoy least_request with choice_count 2).</summary>
internal sealed class PowerOfTwoPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var (first, second) = Pair(ref context);
        var swap = context.State(second).InFlight < context.State(first).InFlight;
        (context.Winner, context.RunnerUp) = swap ? (second, first) : (first, second);
    }

    /// <summary>Two different lanes; the same twice when there is only one.</summary>
    internal static (int First, int Second) Pair(ref PolicyContext context)
    {
        var count = context.UsableCount;
        var usable = context.Usable;
        var first = context.NextIndex(count);
        if (count == 1)
            return (usable[0], usable[0]);
        var second = context.NextIndex(count - 1);
        return (usable[first], usable[second < first ? second : second + 1]);
    }
}
