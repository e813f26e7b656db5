namespace RouterDaemon.Core.Routing;

/// <summary>One after the other, by the decision's number: it keeps nothing, so that a decision can be taken again.</summary>
internal sealed class RoundRobinPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context) => context.Winner = context.Usable[(int)((ulong)context.Sequence % (ulong)context.UsableCount)];
}
