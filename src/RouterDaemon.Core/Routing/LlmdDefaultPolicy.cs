namespace RouterDaemon.Core.Routing;

/// <summary>llm-d default scheduling: 2 * queue score + 2 * free KV cache + 3 * prefix share, on polled gauges. Stale gauges make it herd.</summary>
internal sealed class LlmdDefaultPolicy : IRoutingPolicy
{
    private const double QueueWeight = 2, KvWeight = 2, PrefixWeight = 3;

    public void Select(ref PolicyContext context)
    {
        float min = float.MaxValue, max = 0;
        foreach (var lane in context.Usable)
        {
            var waiting = context.State(lane).GaugeWaiting;
            min = Math.Min(min, waiting);
            max = Math.Max(max, waiting);
        }

        var least = new Least();
        foreach (var lane in context.Usable)
        {
            var state = context.State(lane);
            var queue = max > min ? (max - state.GaugeWaiting) / (max - min) : 1;
            var prefix = context.MatchedAt(lane) / Math.Max(1, context.Request.PromptTokens);
            least.Offer(lane, -((QueueWeight * queue) + (KvWeight * (1 - state.GaugeKvUsage)) + (PrefixWeight * prefix)), ref context);
        }

        least.Settle(ref context);
    }
}
