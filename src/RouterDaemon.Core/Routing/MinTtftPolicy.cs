using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Routing;

/// <summary>
/// Mooncake Conductor: the shortest predicted time to the first token, with the learned rates. The first token comes out of a step in which everyone who
/// runs decodes too, so that step's time is part of it: without it, idle queues tie and the longest matched prefix collects all answers.
/// </summary>
internal sealed class MinTtftPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        context.PriceAll();
        var least = new Least();
        foreach (var lane in context.Usable)
        {
            ref readonly var price = ref context.PriceOf(lane);
            var place = lane % LaneBlock.Width;
            least.Offer(lane, Lanes8.At(in price.Ttft, place) + Lanes8.At(in price.Itl, place), ref context);
        }

        least.Settle(ref context);
    }
}
