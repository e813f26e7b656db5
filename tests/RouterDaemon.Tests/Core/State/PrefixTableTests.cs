using RouterDaemon.Core.State;
using Xunit;

namespace RouterDaemon.Tests.Core.State;

public sealed class PrefixTableTests
{
    [Fact]
    public void ServesHundredsOfDeployments()
    {
        var table = new PrefixTable(1 << 16);
        var states = Enumerable.Range(0, 500).Select(_ => new DeploymentState()).ToArray();
        for (var i = 0; i < states.Length; i++)
            table.Insert(Chain(i, 6), states[i]);
        for (var i = 0; i < states.Length; i++)
        {
            var depths = new uint[table.SlotCount];
            table.Lookup(Chain(i, 6), depths);
            Assert.Equal(6u, depths[states[i].PrefixSlot] >> 16);
        }
    }

    [Fact]
    public void DepthIsTheDeepestSharedBlock()
    {
        var table = new PrefixTable(1 << 12);
        var (a, b) = (new DeploymentState(), new DeploymentState());
        var chain = Chain(1, 10);
        table.Insert(chain.AsSpan(0, 4), a);
        table.Insert(chain.AsSpan(0, 7), b);
        var depths = new uint[table.SlotCount];
        table.Lookup(chain, depths);
        Assert.Equal((4u, 7u), (depths[a.PrefixSlot] >> 16, depths[b.PrefixSlot] >> 16));
        Assert.True(table.Contains(chain[0], a.PrefixSlot));
        Assert.False(table.Contains(chain[5], a.PrefixSlot));
    }

    [Fact]
    public void AReusedSlotDoesNotInheritPrefixes()
    {
        var table = new PrefixTable(1 << 10);
        for (var round = 0; round < 40; round++)
        {
            var old = new DeploymentState();
            table.Insert(Chain(7, 3), old);
            var slot = old.PrefixSlot;
            table.Release(old);
            var fresh = new DeploymentState();
            table.Insert(Chain(1000 + round, 1), fresh);
            Assert.Equal(slot, fresh.PrefixSlot);
            var depths = new uint[table.SlotCount];
            table.Lookup(Chain(7, 3), depths);
            Assert.Equal(0u, depths[fresh.PrefixSlot]);
            table.Release(fresh);
        }
    }

    [Fact]
    public void StaysWithinItsSizeAndKeepsTheRecent()
    {
        var table = new PrefixTable(1 << 10);
        var state = new DeploymentState();
        for (var i = 0; i < 100_000; i++)
            table.Insert(Chain(i, 1), state);
        var depths = new uint[table.SlotCount];
        table.Lookup(Chain(99_999, 1), depths);
        Assert.Equal(1u, depths[state.PrefixSlot] >> 16);
    }

    [Fact]
    public void MoreDeploymentsThanSlotsGetNoAffinityAndNoError()
    {
        var table = new PrefixTable(1 << 10);
        DeploymentState last = new();
        for (var i = 0; i < PrefixTable.MaxSlots + 5; i++)
            table.Insert(Chain(i, 1), last = new DeploymentState());
        Assert.Equal(0, last.PrefixSlot);
    }

    private static ulong[] Chain(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (ulong)random.NextInt64())];
    }
}
