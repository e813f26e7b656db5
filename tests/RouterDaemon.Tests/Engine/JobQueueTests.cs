using RouterDaemon.Engine;
using RouterDaemon.Engine.Scheduling;
using Xunit;

namespace RouterDaemon.Tests.Engine;

/// <summary>Who gets the next slot.</summary>
public sealed class JobQueueTests
{
    private readonly JobQueue _queue = new();
    private readonly PrefixReuse _prefixes = new(null!, reuse: false, slotBytes: 0, storeBytes: 0);

    [Fact]
    public void WithOneSlotClientsTakeTurns()
    {
        for (int i = 0; i < 5; i++)
            Add("a");
        Add("b");
        Add("b");
        Add(null);
        Assert.Equal(["a", "b", null, "a", "b", "a", "a", "a"], Drain(new Slot(0)));
    }

    [Fact]
    public void AClientThatComesLateIsNext()
    {
        Slot slot = new(0);
        for (int i = 0; i < 50; i++)
            Add("a");
        Assert.Equal("a", Take(slot));
        Assert.Equal("a", Take(slot));
        Add("b");
        Assert.Equal("b", Take(slot));
        Assert.Equal("a", Take(slot));
    }

    [Fact]
    public void AClientWithFewerSlotsGoesBeforeOneThatWaitedLonger()
    {
        Slot[] slots = [new(0), new(1), new(2)];
        Add("b");
        Assert.Equal("b", Take(slots[0]));
        Add("a");
        Assert.Equal("a", Take(slots[1]));
        // b's last turn is older, but a has ended and b has not.
        slots[1].Job = null;
        Add("b");
        Add("a");
        Assert.Equal("a", _queue.Next(slots, _prefixes)!.Request.FairnessKey);
    }

    [Fact]
    public void ManyClientsAreForgottenButNotThoseThatWait()
    {
        Slot slot = new(0);
        Add("first");
        Add("first");
        Assert.Equal("first", Take(slot));
        for (int i = 0; i < 1000; i++)
        {
            Add($"c{i}");
            Assert.Equal($"c{i}", Take(slot));
        }
        Add("last");
        Assert.Equal("last", Take(slot));
        Assert.Equal("first", Take(slot));
        Assert.Equal(0, _queue.Count);
    }

    private List<string?> Drain(Slot slot)
    {
        List<string?> order = [];
        while (_queue.Count > 0)
            order.Add(Take(slot));
        return order;
    }

    /// <summary>Gives a slot, whose job has ended, to the next one.</summary>
    private string? Take(Slot slot)
    {
        slot.Job = null;
        Job job = _queue.Next([slot], _prefixes)!;
        _queue.Remove(job);
        slot.Job = job;
        return job.Request.FairnessKey;
    }

    private void Add(string? key) => _queue.Add(new Job(new GenerationRequest { FairnessKey = key }, [1], null!, static () => { }, 0) { Left = static () => { } });
}
