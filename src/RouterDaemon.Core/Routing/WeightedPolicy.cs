namespace RouterDaemon.Core.Routing;

/// <summary>At random, in proportion to the deployments' weights.</summary>
internal sealed class WeightedPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        double total = 0;
        foreach (var lane in context.Usable)
            total += Math.Max(0, context.Entry(lane).Weight);
        var at = context.NextDouble() * total;
        context.Winner = context.Usable[^1];
        foreach (var lane in context.Usable)
        {
            at -= Math.Max(0, context.Entry(lane).Weight);
            if (at >= 0)
                continue;
            context.Winner = lane;
            return;
        }
    }
}
