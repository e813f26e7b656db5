namespace RouterDaemon.Core.Routing;

/// <summary>Fewest requests in flight, all candidates compared.</summary>
internal sealed class LeastRequestPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        for (var i = 0; i < context.Usable.Length; i++)
            least.Offer(i, context.Entry(i).State.InFlight, ref context);
        least.Settle(ref context);
    }
}
