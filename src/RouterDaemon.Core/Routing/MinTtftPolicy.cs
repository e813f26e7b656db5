namespace RouterDaemon.Core.Routing;

/// <summary>Mooncake Conductor: the shortest predicted time to the first token, with the learned rates.</summary>
internal sealed class MinTtftPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        for (var i = 0; i < context.Usable.Length; i++)
        {
            Pricing.Evaluate(ref context, i, out var terms);
            least.Offer(i, terms.TtftMs, ref context);
        }

        least.Settle(ref context);
    }
}
