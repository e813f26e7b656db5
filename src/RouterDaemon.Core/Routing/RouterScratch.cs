namespace RouterDaemon.Core.Routing;

/// <summary>Per-thread working memory of a decision, grown to the largest fleet seen and then reused: decisions allocate nothing.</summary>
internal sealed class RouterScratch
{
    [ThreadStatic]
    private static RouterScratch? t_current;

    public int[] Usable { get; private set; } = [];

    public float[] Matched { get; private set; } = [];

    public bool[] SessionHome { get; private set; } = [];

    public uint[] Depths { get; private set; } = [];

    public static RouterScratch Get(int candidates, int slots)
    {
        var scratch = t_current ??= new RouterScratch();
        if (scratch.Usable.Length < candidates)
        {
            var size = Math.Max(64, candidates * 2);
            (scratch.Usable, scratch.Matched, scratch.SessionHome) = (new int[size], new float[size], new bool[size]);
        }

        if (scratch.Depths.Length < slots)
            scratch.Depths = new uint[Math.Max(64, slots * 2)];
        return scratch;
    }
}
