namespace RouterDaemon.Core.Routing;

/// <summary>The cheapest sum of money, time, harm to others, risk and quality; see <see cref="Pricing"/>.</summary>
internal sealed class PricedPolicy : IRoutingPolicy
{
    private const float ExplorationRange = 1.2f;

    public void Select(ref PolicyContext context)
    {
        int winner = 0, runnerUp = -1, ties = 1;
        float best = float.PositiveInfinity, second = float.PositiveInfinity;
        for (var i = 0; i < context.Usable.Length; i++)
        {
            var total = Pricing.Total(ref context, i);
            // Equals win by lot, so that a fleet of equals is used evenly.
            if (total < best || (total == best && context.NextIndex(++ties) == 0))
            {
                if (total < best)
                    ties = 1;
                if (i > 0)
                    (second, runnerUp) = (best, winner);
                (best, winner) = (total, i);
            }
            else if (total < second)
            {
                (second, runnerUp) = (total, i);
            }
        }

        (context.Winner, context.RunnerUp) = (winner, runnerUp);
        if (!context.MayExplore || context.RunnerUp < 0 || second > ExplorationRange * best || context.Entry(context.RunnerUp).Paid)
            return;
        (context.Winner, context.RunnerUp) = (context.RunnerUp, context.Winner);
        context.Explored = true;
    }
}
