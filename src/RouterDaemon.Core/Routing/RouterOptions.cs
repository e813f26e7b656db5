using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Routing;

/// <summary>What a router is made with.</summary>
public sealed class RouterOptions
{
    /// <summary>The policy of requests that name none.</summary>
    public string Policy { get; init; } = RoutingPolicies.DefaultName;

    /// <summary>Share of requests that try the second best to learn about it (unpaid deployments within 20 % only), 0..1; 0 = never.</summary>
    public double Exploration { get; init; } = 0.005;

    /// <summary>Entries of the prefix table, rounded up to a power of two; 8 bytes each. 0 = no prefix affinity.</summary>
    public int PrefixTableEntries { get; init; } = 1 << 17;

    /// <summary>Deployments that the prefix table can tell apart, plus one.</summary>
    internal int PrefixTableSlots { get; init; } = PrefixTable.MaxSlots;

    /// <summary>USD that keeping a session on its deployment is worth; lost as soon as the load there costs more.</summary>
    public double SessionAffinityUsd { get; init; } = 0.0005;

    /// <summary>Seed of the router's own randomness.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The cap that <c>static_chain</c> uses before it goes on to the next deployment.</summary>
    public int StaticChainCap { get; init; } = 64;
}
