namespace RouterDaemon.Core.Routing;

/// <summary>Uniformly at random.</summary>
internal sealed class RandomPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context) => context.Winner = context.NextIndex(context.Usable.Length);
}
