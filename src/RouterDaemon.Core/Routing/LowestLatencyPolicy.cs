namespace RouterDaemon.Core.Routing;

/// <summary>The lowest mean of the last ten first-token times (LiteLLM latency-based-routing); the unknown first.</summary>
internal sealed class LowestLatencyPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        foreach (var lane in context.Usable)
            least.Offer(lane, context.State(lane).Memory.RecentMean, ref context);
        least.Settle(ref context);
    }
}
