namespace RouterDaemon.Core.Routing;

/// <summary>The cheaper of two drawn at random; cost = peak-sensitive latency average * (in flight + 1) (Finagle, linkerd). Blind to the length of requests.</summary>
internal sealed class PeakEwmaPolicy : IRoutingPolicy
{
    private const double UnknownPenalty = 1e6;

    public void Select(ref PolicyContext context)
    {
        var (first, second) = PowerOfTwoPolicy.Pair(ref context);
        var swap = Cost(ref context, second) < Cost(ref context, first);
        (context.Winner, context.RunnerUp) = swap ? (second, first) : (first, second);
    }

    private static double Cost(ref PolicyContext context, int lane)
    {
        var state = context.State(lane);
        var pending = state.InFlight;
        // Never measured but busy: stand back until the first answer.
        var peak = state.Memory.PeakAt(context.NowNs);
        return peak == 0 && pending > 0 ? UnknownPenalty + pending : peak * (pending + 1);
    }
}
