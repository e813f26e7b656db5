namespace RouterDaemon.Core.Routing;

/// <summary>LMetric (arXiv 2603.15202): new prefill tokens * batch size, the harm a placement does where all rates are equal.</summary>
internal sealed class LMetricPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        foreach (var lane in context.Usable)
        {
            var state = context.State(lane);
            var prefill = state.OutstandingPrefillTokens + context.Request.PromptTokens - context.MatchedAt(lane);
            least.Offer(lane, Math.Max(prefill, 1) * (state.InFlight + 1.0), ref context);
        }

        least.Settle(ref context);
    }
}
