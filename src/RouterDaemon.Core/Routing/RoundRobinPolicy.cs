namespace RouterDaemon.Core.Routing;

/// <summary>One after the other.</summary>
internal sealed class RoundRobinPolicy : IRoutingPolicy
{
    private int _next = -1;

    public void Select(ref PolicyContext context) =>
        context.Winner = context.Usable[(int)((uint)Interlocked.Increment(ref _next) % (uint)context.UsableCount)];
}
