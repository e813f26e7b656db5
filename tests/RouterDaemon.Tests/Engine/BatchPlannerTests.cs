using RouterDaemon.Engine;
using RouterDaemon.Engine.Scheduling;
using RouterDaemon.Native;
using Xunit;

namespace RouterDaemon.Tests.Engine;

public sealed class BatchPlannerTests
{
    private const int Slots = 4;

    private readonly ManualTime _time = new();
    private readonly Slot[] _slots = [.. Enumerable.Range(0, Slots).Select(i => new Slot(i))];
    private readonly TokenBatch _batch = new(512);
    private readonly BatchPlanner _planner;

    public BatchPlannerTests() => _planner = new BatchPlanner(_slots, _batch, new PromptBudget(512), new DecodeWidth(Slots), null, _time, deterministic: false);

    [Fact]
    public void PromptsOfOneLengthGoInOrderOfArrival()
    {
        Put(0, 200);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Put(1, 200);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([200, 0, 0, 0], Step());
        Assert.Equal([1, 100, 0, 0], Step());
    }

    [Fact]
    public void AShortPromptOvertakesALongOne()
    {
        Put(0, 5000);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal([500, 0, 0, 0], Step());
        Put(1, 60);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal([0, 60, 0, 0], Step());
    }

    [Fact]
    public void ALongPromptIsNotStarvedByShortOnes()
    {
        Put(0, 3000);
        int steps = 0;
        for (; !_slots[0].Generating; steps++)
        {
            Finish(1);
            Put(1, 100);
            _time.Advance(TimeSpan.FromMilliseconds(100));
            Step();
        }
        // Its waiting time per token passes that of a short one of 100 ms after 30 steps; from then on the turns are shared.
        Assert.InRange(steps, 30, 60);
    }

    [Fact]
    public void BesideGeneratingSequencesAPromptIsCutIntoBoundedPieces()
    {
        Put(0, 8);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([8, 0, 0, 0], Step());
        Put(1, 300);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([1, 100, 0, 0], Step());
        Assert.Equal([1, 100, 0, 0], Step());
        Assert.Equal([1, 100, 0, 0], Step());
        Assert.Equal(1, Step()[1]);
    }

    [Fact]
    public void ShortPromptsShareAStep()
    {
        for (int i = 0; i < Slots; i++)
            Put(i, 40);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        int[] step = Step();
        Assert.Equal(120, step.Sum());
        Assert.Equal(3, step.Count(t => t == 40));
    }

    /// <summary>Plans a step, takes it for computed, and returns the tokens of each slot.</summary>
    private int[] Step()
    {
        Assert.True(_planner.Fill());
        int[] tokens = [.. _slots.Select(s => s.BatchTokens)];
        Assert.Equal(tokens.Sum(), _batch.Count);
        foreach (Slot slot in _slots)
        {
            if (slot.BatchTokens > 0)
                slot.Tokens.AddRange(new int[slot.BatchTokens]);
        }
        return tokens;
    }

    private void Put(int slot, int promptTokens) =>
        _slots[slot].Job = new Job(new GenerationRequest(), new int[promptTokens], null!, static () => { }, _time.GetTimestamp()) { Left = static () => { } };

    private void Finish(int slot)
    {
        _slots[slot].Job = null;
        _slots[slot].Tokens.Clear();
    }
}
