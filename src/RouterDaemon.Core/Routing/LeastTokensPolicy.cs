namespace RouterDaemon.Core.Routing;

/// <summary>Fewest uncached prompt tokens that wait for their first answer token.</summary>
internal sealed class LeastTokensPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        for (var i = 0; i < context.Usable.Length; i++)
            least.Offer(i, context.Entry(i).State.OutstandingPrefillTokens, ref context);
        least.Settle(ref context);
    }
}
