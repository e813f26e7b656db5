namespace RouterDaemon.Core.Routing;

/// <summary>The cheapest sum of money, time, harm to others, risk and quality; see <see cref="Pricing"/>.</summary>
internal sealed class PricedPolicy : IRoutingPolicy
{
    private const float ExplorationRange = 1.2f;

    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        var best = float.MaxValue;
        var second = float.MaxValue;
        for (var i = 0; i < context.Usable.Length; i++)
        {
            Pricing.Evaluate(ref context, i, out var terms);
            least.Offer(i, terms.TotalUsd, ref context);
            if (terms.TotalUsd < best)
                (second, best) = (best, terms.TotalUsd);
            else if (terms.TotalUsd < second)
                second = terms.TotalUsd;
        }

        least.Settle(ref context);
        if (!context.MayExplore || context.RunnerUp < 0 || second > ExplorationRange * best || context.Entry(context.RunnerUp).Paid)
            return;
        (context.Winner, context.RunnerUp) = (context.RunnerUp, context.Winner);
        context.Explored = true;
    }
}
