using System.Runtime.Intrinsics;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Routing;

/// <summary>Per-thread working memory of a decision, grown to the largest fleet seen and then reused: decisions allocate nothing.</summary>
internal sealed class RouterScratch
{
    [ThreadStatic]
    private static RouterScratch? t_current;

    private int _blocks;

    /// <summary>By block: bits of the usable lanes.</summary>
    public byte[] Usable { get; private set; } = [];

    /// <summary>By block: bits of the lanes where the session is at home.</summary>
    public byte[] SessionHomes { get; private set; } = [];

    /// <summary>By block: prompt tokens matched.</summary>
    public Vector256<float>[] Matched { get; private set; } = [];

    /// <summary>By block: what is compared.</summary>
    public Vector256<float>[] Scores { get; private set; } = [];

    /// <summary>By block.</summary>
    public TermLanes[] Terms { get; private set; } = [];

    /// <summary>Lanes in order of preference.</summary>
    public int[] Order { get; private set; } = [];

    /// <summary>By slot of the prefix table.</summary>
    public uint[] Depths { get; private set; } = [];

    public static RouterScratch Get(int blocks)
    {
        var scratch = t_current ??= new RouterScratch();
        if (scratch._blocks < blocks)
            scratch.Grow(Math.Max(8, blocks * 2));
        return scratch;
    }

    /// <summary>Cleared.</summary>
    public Span<uint> DepthsFor(int slots)
    {
        if (Depths.Length < slots)
            Depths = new uint[Math.Max(64, slots * 2)];
        var depths = Depths.AsSpan(0, slots);
        depths.Clear();
        return depths;
    }

    private void Grow(int blocks)
    {
        _blocks = blocks;
        (Usable, SessionHomes) = (new byte[blocks], new byte[blocks]);
        (Matched, Scores, Terms) = (new Vector256<float>[blocks], new Vector256<float>[blocks], new TermLanes[blocks]);
        Order = new int[blocks * LaneBlock.Width];
    }
}
