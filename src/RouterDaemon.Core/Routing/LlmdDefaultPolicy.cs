namespace RouterDaemon.Core.Routing;

/// <summary>llm-d default scheduling: 2 * queue score + 2 * free KV cache + 3 * prefix share, on polled gauges. Stale gauges make it herd.</summary>
internal sealed class LlmdDefaultPolicy : IRoutingPolicy
{
    private const double QueueWeight = 2, KvWeight = 2, PrefixWeight = 3;

    public void Select(ref PolicyContext context)
    {
        float min = float.MaxValue, max = 0;
        for (var i = 0; i < context.Usable.Length; i++)
        {
            var waiting = context.Entry(i).State.GaugeWaiting;
            min = Math.Min(min, waiting);
            max = Math.Max(max, waiting);
        }

        var least = new Least();
        for (var i = 0; i < context.Usable.Length; i++)
        {
            var state = context.Entry(i).State;
            var queue = max > min ? (max - state.GaugeWaiting) / (max - min) : 1;
            var prefix = context.MatchedAt(i) / Math.Max(1, context.Request.PromptTokens);
            least.Offer(i, -((QueueWeight * queue) + (KvWeight * (1 - state.GaugeKvUsage)) + (PrefixWeight * prefix)), ref context);
        }

        least.Settle(ref context);
    }
}
