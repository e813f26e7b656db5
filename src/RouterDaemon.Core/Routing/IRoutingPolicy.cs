namespace RouterDaemon.Core.Routing;

/// <summary>
/// Chooses among usable candidates. The mask, the counters, the caps and the learning are the router's; a policy only ranks. Called by many threads at
/// once; must not allocate.
/// </summary>
public interface IRoutingPolicy
{
    /// <summary>Sets <see cref="PolicyContext.Winner"/> and, when it ranks, <see cref="PolicyContext.RunnerUp"/>.</summary>
    void Select(ref PolicyContext context);
}
