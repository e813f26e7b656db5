namespace RouterDaemon.Core.Routing;

/// <summary>Dynamo KV router: outstanding prefill tokens with this prompt less its overlap, plus the KV tokens of everything that runs.</summary>
internal sealed class DynamoPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        foreach (var lane in context.Usable)
        {
            var state = context.State(lane);
            var prefill = state.OutstandingPrefillTokens + context.Request.PromptTokens - context.MatchedAt(lane);
            least.Offer(lane, Math.Max(prefill, 0) + state.KvTokensInFlight, ref context);
        }

        least.Settle(ref context);
    }
}
