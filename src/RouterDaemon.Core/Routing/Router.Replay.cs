using RouterDaemon.Core.State;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Core.Routing;

/// <content>Decisions taken again: what the router itself brings to them.</content>
public sealed partial class Router
{
    // So few of a bucket's eight entries are used that none is lost, and a thousand decisions replayed by every policy do not fill the heap with tables.
    private const int ReplayEntriesPerHash = 16;

    /// <summary>
    /// A router that takes its next decision as the one that an image was taken of, with the same sequence number, and can remember
    /// <paramref name="hashes"/> prefixes of <paramref name="deployments"/>.
    /// </summary>
    internal Router(in RouterImage image, TaskClass taskClass, long sequence, int hashes, int deployments)
        : this(new RouterOptions
        {
            Policy = RoutingPolicies.Table[image.DefaultPolicy].Name,
            Seed = image.Seed,
            Exploration = image.Exploration,
            SessionAffinityUsd = image.SessionAffinityUsd,
            StaticChainCap = image.StaticChainCap,
            PrefixTableEntries = ReplayEntriesPerHash * (hashes + deployments),
            PrefixTableSlots = deployments + 1,
        })
    {
        _sequence = sequence - 1;
        _outputTokens[(int)taskClass & 7] = image.OutputTokens;
    }

    internal RouterImage Capture(TaskClass taskClass) => new()
    {
        Seed = _options.Seed,
        Exploration = _options.Exploration,
        SessionAffinityUsd = _options.SessionAffinityUsd,
        StaticChainCap = _options.StaticChainCap,
        DefaultPolicy = _defaultPolicy,
        OutputTokens = _outputTokens[(int)taskClass & 7],
    };

    /// <summary>By slot of the prefix table: hashes known in a row.</summary>
    internal uint[] Depths(ReadOnlySpan<ulong> hashes)
    {
        if (_prefixes is null)
            return [];
        var depths = new uint[_prefixes.SlotCount];
        _prefixes.Lookup(hashes, depths);
        return depths;
    }

    internal bool IsSessionHome(ulong sessionHash, DeploymentState state) => sessionHash != 0 && _prefixes is not null && _prefixes.Contains(sessionHash, state.PrefixSlot);

    /// <summary>Makes the table know one hash of a deployment.</summary>
    internal void Remember(ulong hash, DeploymentState state) => _prefixes!.Insert(new ReadOnlySpan<ulong>(in hash), state);
}
