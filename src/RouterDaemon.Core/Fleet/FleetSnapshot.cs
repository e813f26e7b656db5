namespace RouterDaemon.Core.Fleet;

/// <summary>
/// The fleet as of one configuration and discovery. Immutable; a request reads the reference once. From its making on, the deployments' states publish to
/// it: a snapshot made later from the same states takes them over, and decisions on the older one see estimates of that moment (caps, breakers and
/// counters hold in any case, because a reservation asks the state).
/// </summary>
public sealed class FleetSnapshot
{
    private readonly int[] _lanes;

    /// <summary>Makes a snapshot.</summary>
    /// <param name="deployments">All deployments; an index into this array is a candidate's number for the life of the snapshot.</param>
    /// <param name="generation">Counts up with every change of the fleet.</param>
    /// <param name="tagNames">Tag names by bit, at most 64.</param>
    public FleetSnapshot(DeploymentEntry[] deployments, long generation = 0, string[]? tagNames = null)
    {
        (Deployments, Generation, TagNames) = (deployments, generation, tagNames ?? []);
        _lanes = new int[deployments.Length];
        Blocks = MakeBlocks(deployments, _lanes);
        var all = new int[deployments.Length];
        for (var i = 0; i < all.Length; i++)
            all[i] = i;
        All = new CandidateSet(this, all);
    }

    /// <summary>All deployments; an index into this array is a candidate's number for the life of the snapshot.</summary>
    public DeploymentEntry[] Deployments { get; }

    /// <summary>Counts up with every change of the fleet.</summary>
    public long Generation { get; }

    /// <summary>Tag names by bit, at most 64.</summary>
    public string[] TagNames { get; }

    /// <summary>Every deployment, in the order of the array.</summary>
    public CandidateSet All { get; }

    internal LaneBlock[] Blocks { get; }

    /// <summary>Makes a set of candidates.</summary>
    /// <param name="numbers">Numbers in <see cref="Deployments"/>, each at most once, in order of preference.</param>
    public CandidateSet Candidates(params ReadOnlySpan<int> numbers) => new(this, [.. numbers]);

    /// <summary>Where a deployment lies: block * 8 + lane.</summary>
    internal int LaneOf(int number) => _lanes[number];

    /// <summary>Deployments of one model lie side by side, and in one block when they fit: most requests name a model.</summary>
    private static LaneBlock[] MakeBlocks(DeploymentEntry[] deployments, int[] lanes)
    {
        var order = new int[deployments.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(order, (a, b) => string.CompareOrdinal(deployments[a].ModelId, deployments[b].ModelId) is var c and not 0 ? c : a - b);
        var blocks = new List<LaneBlock>();
        var at = 0;
        for (var first = 0; first < order.Length;)
        {
            var end = first + 1;
            while (end < order.Length && deployments[order[end]].ModelId == deployments[order[first]].ModelId)
                end++;
            var used = at % LaneBlock.Width;
            if (used > 0 && end - first <= LaneBlock.Width && used + end - first > LaneBlock.Width)
                at += LaneBlock.Width - used;
            for (; first < end; first++, at++)
            {
                if (at / LaneBlock.Width == blocks.Count)
                    blocks.Add(new LaneBlock());
                lanes[order[first]] = at;
                blocks[^1].Add(at % LaneBlock.Width, order[first], deployments[order[first]]);
            }
        }

        return [.. blocks];
    }
}
