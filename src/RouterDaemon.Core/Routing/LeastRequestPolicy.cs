namespace RouterDaemon.Core.Routing;

/// <summary>Fewest requests in flight, all candidates compared.</summary>
internal sealed class LeastRequestPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        foreach (var lane in context.Usable)
            least.Offer(lane, context.State(lane).InFlight, ref context);
        least.Settle(ref context);
    }
}
