namespace RouterDaemon.Core.Routing;

/// <summary>The lowest mean of the last ten first-token times (LiteLLM latency-based-routing); the unknown first.</summary>
internal sealed class LowestLatencyPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var least = new Least();
        for (var i = 0; i < context.Usable.Length; i++)
            least.Offer(i, context.Entry(i).State.Memory.RecentMean, ref context);
        least.Settle(ref context);
    }
}
