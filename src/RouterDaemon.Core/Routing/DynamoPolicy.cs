namespace RouterDaemon.Core.Routing;

/// <summary>Dynamo KV router: outstanding prefill tokens with this prompt less its overlap, plus the KV tokens of everything that runs.</summary>
internal sealed class DynamoPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        for (var i = 0; i < context.Usable.Length; i++)
        {
            var state = context.Entry(i).State;
            var prefill = state.OutstandingPrefillTokens + context.Request.PromptTokens - context.MatchedAt(i);
            least.Offer(i, Math.Max(prefill, 0) + state.KvTokensInFlight, ref context);
        }

        least.Settle(ref context);
    }
}
