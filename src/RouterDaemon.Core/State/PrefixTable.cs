using System.Numerics;

namespace RouterDaemon.Core.State;

/// <summary>
/// Which deployment was sent which prompt prefix: a fixed-size, set-associative multi-map from prefix hash to deployment slots. One entry is 64 bits
/// (32 tag, 12 slot, 4 generation, 16 age), read and written whole, so no lock is taken; losing an entry to a race costs a prediction, never
/// correctness. A bucket is one cache line of 8 entries. Up to 4,095 deployments.
/// </summary>
internal sealed class PrefixTable
{
    public const int MaxSlots = 4096;
    private const int Ways = 8;
    private readonly ulong[] _entries;
    private readonly int _bucketMask;
    private readonly DeploymentState?[] _owners;
    private readonly Lock _slotLock = new();
    private int _slots = 1; // slot 0 = none
    private uint _victim;

    /// <summary>A table of so many entries, rounded up to a power of two, for at most <paramref name="slots"/> - 1 deployments.</summary>
    public PrefixTable(int entries, int slots = MaxSlots)
    {
        _owners = new DeploymentState?[slots];
        var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(entries, Ways));
        _entries = new ulong[size];
        _bucketMask = (int)(size / Ways) - 1;
    }

    /// <summary>Slots handed out plus one: the length that <see cref="Lookup"/> needs.</summary>
    public int SlotCount => Volatile.Read(ref _slots);

    /// <summary>Gives a deployment's slot back, so that what it had cached is forgotten and the slot serves another one.</summary>
    public void Release(DeploymentState state)
    {
        lock (_slotLock)
        {
            if (state.PrefixSlot == 0 || _owners[state.PrefixSlot] != state)
                return;
            _owners[state.PrefixSlot] = null;
            state.PrefixSlot = 0;
        }
    }

    /// <summary>
    /// Finds how deep each slot knows the prefix. <paramref name="depths"/> (by slot, cleared by the caller, length <see cref="SlotCount"/>) receives
    /// depth in the high half and the age stamp in the low half; 0 = unknown.
    /// </summary>
    public void Lookup(ReadOnlySpan<ulong> hashes, Span<uint> depths)
    {
        var misses = 0;
        for (var k = 0; k < hashes.Length; k++)
        {
            var hash = hashes[k];
            var bucket = Bucket(hash);
            var tag = (uint)(hash >> 32);
            var found = false;
            for (var i = 0; i < bucket.Length; i++)
            {
                var entry = bucket[i];
                if ((uint)(entry >> 32) != tag)
                    continue;
                var slot = (int)(entry >> 20) & (MaxSlots - 1);
                if (slot == 0 || slot >= depths.Length || _owners[slot] is not { } owner || owner.PrefixGeneration != (byte)((entry >> 16) & 15))
                    continue;
                depths[slot] = ((uint)(k + 1) << 16) | (ushort)entry;
                found = true;
            }

            // An entry may be lost to a collision while deeper ones live: give up after two empty steps.
            misses = found ? 0 : misses + 1;
            if (misses == 2)
                return;
        }
    }

    /// <summary>Whether a slot knows this one hash.</summary>
    public bool Contains(ulong hash, int slot)
    {
        if (slot == 0)
            return false;
        foreach (var entry in Bucket(hash))
        {
            if ((uint)(entry >> 32) == (uint)(hash >> 32) && ((int)(entry >> 20) & (MaxSlots - 1)) == slot)
                return true;
        }

        return false;
    }

    /// <summary>Records that a deployment was sent these prefixes.</summary>
    public void Insert(ReadOnlySpan<ulong> hashes, DeploymentState state)
    {
        var slot = state.PrefixSlot;
        if (slot == 0 && (slot = Allocate(state)) == 0)
            return;
        var low = ((ulong)slot << 20) | ((ulong)state.PrefixGeneration << 16) | state.AgeStamp;
        foreach (var hash in hashes)
            Put(hash, low);
    }

    private void Put(ulong hash, ulong low)
    {
        var bucket = Bucket(hash);
        var tag = hash & 0xFFFF_FFFF_0000_0000;
        var at = -1;
        for (var i = 0; i < bucket.Length; i++)
        {
            var entry = bucket[i];
            if (entry == 0)
            {
                if (at < 0)
                    at = i;
            }
            else if ((entry & 0xFFFF_FFFF_FFF0_0000) == (tag | (low & 0xFFF0_0000)))
            {
                at = i;
                break;
            }
        }

        // Ages of different deployments run on different clocks, so the victim rotates instead of being the oldest.
        bucket[at >= 0 ? at : (int)(_victim++ % Ways)] = tag | low;
    }

    private Span<ulong> Bucket(ulong hash) => _entries.AsSpan((int)((uint)hash & (uint)_bucketMask) * Ways, Ways);

    private int Allocate(DeploymentState state)
    {
        lock (_slotLock)
        {
            if (state.PrefixSlot != 0)
                return state.PrefixSlot;
            for (var slot = 1; slot < _owners.Length; slot++)
            {
                if (_owners[slot] is not null)
                    continue;
                _owners[slot] = state;
                state.PrefixGeneration = (byte)((state.PrefixGeneration + slot + ++_generation) & 15);
                state.PrefixSlot = slot;
                if (slot >= _slots)
                    Volatile.Write(ref _slots, slot + 1);
                return slot;
            }

            return 0;
        }
    }

    private int _generation;
}
