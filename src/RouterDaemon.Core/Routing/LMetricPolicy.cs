namespace RouterDaemon.Core.Routing;

/// <summary>LMetric (arXiv 2603.15202): new prefill tokens * batch size, the harm a placement does where all rates are equal.</summary>
internal sealed class LMetricPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        for (var i = 0; i < context.Usable.Length; i++)
        {
            var state = context.Entry(i).State;
            var prefill = state.OutstandingPrefillTokens + context.Request.PromptTokens - context.MatchedAt(i);
            least.Offer(i, Math.Max(prefill, 1) * (state.InFlight + 1.0), ref context);
        }

        least.Settle(ref context);
    }
}
