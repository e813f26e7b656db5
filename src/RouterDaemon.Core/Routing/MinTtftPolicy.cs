using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Routing;

/// <summary>Mooncake Conductor: the shortest predicted time to the first token, with the learned rates.</summary>
internal sealed class MinTtftPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        context.PriceAll();
        var least = new Least();
        foreach (var lane in context.Usable)
            least.Offer(lane, Lanes8.At(in context.PriceOf(lane).Ttft, lane % LaneBlock.Width), ref context);

        least.Settle(ref context);
    }
}
