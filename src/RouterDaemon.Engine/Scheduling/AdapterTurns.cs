namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// Which adapters the next step computes with: a batch can use one set only. A change makes llama.cpp plan its graph anew, so a set
/// keeps its turn for some steps; then the next one that has work is on, so that none is held up by the answers of another.
/// </summary>
internal sealed class AdapterTurns
{
    /// <summary>Steps of one turn while others wait: four clients of two sets decode 78 % of what four of one set do (benchmarks/README.md).</summary>
    private const int StepsPerTurn = 16;

    private AdapterSet _current = AdapterSet.None;
    private int _cursor;
    private int _left;

    /// <summary>The set of the next step: only slots whose job has it may be in the batch.</summary>
    public AdapterSet Choose(Slot[] slots)
    {
        bool currentHasWork = false;
        Slot? other = null;
        for (int i = 0; i < slots.Length; i++)
        {
            Slot slot = slots[(_cursor + i) % slots.Length];
            if (!slot.HasWork)
                continue;
            if (slot.Adapters.Equals(_current))
                currentHasWork = true;
            else
                other ??= slot;
        }
        if (other is null || (currentHasWork && --_left > 0))
            return _current;
        _left = StepsPerTurn;
        _cursor = other.Id + 1;
        return _current = other.Adapters;
    }
}
