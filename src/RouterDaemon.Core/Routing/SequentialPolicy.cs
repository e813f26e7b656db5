namespace RouterDaemon.Core.Routing;

/// <summary>Always the first usable one, in the order written: a plain fallback list.</summary>
internal sealed class SequentialPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        var usable = context.Usable;
        context.Winner = usable[0];
        context.RunnerUp = usable.Length > 1 ? usable[1] : -1;
    }
}
