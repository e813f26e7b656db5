namespace RouterDaemon.Core.Routing;

/// <summary>SGLang: the deployment that knows more than 30 % of the prompt, else the emptiest; when loads are far apart always the emptiest.</summary>
internal sealed class CacheAwarePolicy : IRoutingPolicy
{
    private const int ImbalanceAbsolute = 64;
    private const double ImbalanceRelative = 1.5;
    private const double CacheThreshold = 0.3;

    public void Select(ref PolicyContext context)
    {
        int min = int.MaxValue, max = 0, bestMatch = context.Usable[0];
        var least = new Least();
        foreach (var lane in context.Usable)
        {
            var load = context.State(lane).InFlight;
            min = Math.Min(min, load);
            max = Math.Max(max, load);
            least.Offer(lane, load, ref context);
            if (context.MatchedAt(lane) > context.MatchedAt(bestMatch))
                bestMatch = lane;
        }

        least.Settle(ref context);
        var imbalanced = max - min > ImbalanceAbsolute && max > ImbalanceRelative * min;
        if (!imbalanced && context.MatchedAt(bestMatch) > CacheThreshold * context.Request.PromptTokens)
            (context.Winner, context.RunnerUp) = (bestMatch, context.Winner == bestMatch ? context.RunnerUp : context.Winner);
    }
}
