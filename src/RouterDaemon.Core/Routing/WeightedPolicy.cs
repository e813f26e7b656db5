namespace RouterDaemon.Core.Routing;

/// <summary>At random, in proportion to the deployments' weights.</summary>
internal sealed class WeightedPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        double total = 0;
        for (var i = 0; i < context.Usable.Length; i++)
            total += Math.Max(0, context.Entry(i).Weight);
        var at = context.NextDouble() * total;
        context.Winner = context.Usable.Length - 1;
        for (var i = 0; i < context.Usable.Length; i++)
        {
            at -= Math.Max(0, context.Entry(i).Weight);
            if (at >= 0)
                continue;
            context.Winner = i;
            return;
        }
    }
}
