namespace RouterDaemon.Core.Routing;

/// <summary>Fewest uncached prompt tokens that wait for their first answer token.</summary>
internal sealed class LeastTokensPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        foreach (var lane in context.Usable)
            least.Offer(lane, context.State(lane).OutstandingPrefillTokens, ref context);
        least.Settle(ref context);
    }
}
