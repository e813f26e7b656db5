namespace RouterDaemon.Core.Routing;

/// <summary>Uniformly at random.</summary>
internal sealed class RandomPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context) => context.Winner = context.Usable[context.NextIndex(context.UsableCount)];
}
