namespace RouterDaemon.Core.Routing;

/// <summary>Always the first usable one, in the order written: a plain fallback list.</summary>
internal sealed class SequentialPolicy : IRoutingPolicy
{
    public void Select(ref PolicyContext context)
    {
        context.Winner = 0;
        context.RunnerUp = context.Usable.Length > 1 ? 1 : -1;
    }
}
