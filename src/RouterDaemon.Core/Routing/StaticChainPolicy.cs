namespace RouterDaemon.Core.Routing;

/// <summary>The first one, in the order written, with room under its cap (its slots, its limit, or the chain's cap); the last one when none has.</summary>
internal sealed class StaticChainPolicy(RouterOptions options) : IRoutingPolicy
{
    private readonly int _cap = options.StaticChainCap;

    public void Select(ref PolicyContext context)
    {
        var usable = context.Usable;
        var last = usable.Length - 1;
        context.Winner = usable[last];
        context.RunnerUp = last > 0 ? usable[0] : -1;
        for (var i = 0; i <= last; i++)
        {
            var entry = context.Entry(usable[i]);
            var cap = entry.MaxInFlight > 0 ? entry.MaxInFlight : entry.Slots > 0 ? entry.Slots : _cap;
            if (entry.State.InFlight >= cap)
                continue;
            context.Winner = usable[i];
            context.RunnerUp = i < last ? usable[i + 1] : -1;
            return;
        }
    }
}
