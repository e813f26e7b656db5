namespace RouterDaemon.Core.Routing;

/// <summary>One row of the table of policies.</summary>
/// <param name="Name">The name in <c>routerd.yaml</c> and headers.</param>
/// <param name="WhenToChoose">One line for documentation and help.</param>
/// <param name="Create">Makes one for a router.</param>
public sealed record RoutingPolicyInfo(string Name, string WhenToChoose, Func<RouterOptions, IRoutingPolicy> Create);
