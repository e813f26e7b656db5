namespace RouterDaemon.Core.Routing;

/// <summary>llm-d optimized baseline: among deployments that know 80 % of the prompt, unless their queue is 18 s longer than elsewhere, the one with the fewest outstanding prefill tokens.</summary>
internal sealed class LlmdOptimizedPolicy : IRoutingPolicy
{
    private const double Sticky = 0.8;
    private const double TokensPerSecond = 15_928; // calibrated rate of the guide: Qwen3-32B, two H100
    private const double BreakSeconds = 18;

    public void Select(ref PolicyContext context)
    {
        double sticky = double.MaxValue, other = double.MaxValue;
        foreach (var lane in context.Usable)
        {
            var seconds = context.State(lane).OutstandingPrefillTokens / TokensPerSecond;
            if (IsSticky(ref context, lane))
                sticky = Math.Min(sticky, seconds);
            else
                other = Math.Min(other, seconds);
        }

        var keep = sticky < double.MaxValue && sticky - other <= BreakSeconds;
        var least = new Least();
        foreach (var lane in context.Usable)
        {
            if (!keep || IsSticky(ref context, lane))
                least.Offer(lane, context.State(lane).OutstandingPrefillTokens, ref context);
        }

        least.Settle(ref context);
    }

    private static bool IsSticky(ref PolicyContext context, int lane) =>
        context.MatchedAt(lane) >= Sticky * context.Request.PromptTokens;
}
