namespace RouterDaemon.Core.Fleet;

/// <summary>Deployments of one snapshot that a name stands for, in order of preference; prepared once, so that a decision walks over blocks of eight.</summary>
public sealed class CandidateSet
{
    private readonly int[] _numbers;

    internal CandidateSet(FleetSnapshot fleet, int[] numbers)
    {
        Fleet = fleet;
        _numbers = numbers;
        Lanes = new int[numbers.Length];
        var masks = new byte[fleet.Blocks.Length];
        foreach (var number in numbers)
            masks[fleet.LaneOf(number) / LaneBlock.Width] |= (byte)(1 << (fleet.LaneOf(number) % LaneBlock.Width));
        var places = new int[masks.Length];
        var used = 0;
        for (var i = 0; i < masks.Length; i++)
        {
            if (masks[i] != 0)
                places[i] = used++;
        }

        Blocks = new LaneBlock[used];
        Masks = new byte[used];
        for (var i = 0; i < masks.Length; i++)
        {
            if (masks[i] != 0)
                (Blocks[places[i]], Masks[places[i]]) = (fleet.Blocks[i], masks[i]);
        }

        for (var i = 0; i < numbers.Length; i++)
        {
            var lane = fleet.LaneOf(numbers[i]);
            Lanes[i] = (places[lane / LaneBlock.Width] * LaneBlock.Width) + (lane % LaneBlock.Width);
        }
    }

    /// <summary>The snapshot that the numbers belong to.</summary>
    public FleetSnapshot Fleet { get; }

    /// <summary>Numbers in the snapshot, in order of preference.</summary>
    public ReadOnlySpan<int> Numbers => _numbers;

    /// <summary>How many there are.</summary>
    public int Count => _numbers.Length;

    /// <summary>The blocks with at least one candidate.</summary>
    internal LaneBlock[] Blocks { get; }

    /// <summary>Bits of the candidates in each of <see cref="Blocks"/>.</summary>
    internal byte[] Masks { get; }

    /// <summary>By position of preference: place in <see cref="Blocks"/> * 8 + lane.</summary>
    internal int[] Lanes { get; }
}
