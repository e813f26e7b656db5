using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>Finds the free slot in which a prompt has the least left to compute.</summary>
/// <param name="context">The cache.</param>
/// <param name="reuse">False: every prompt starts from nothing.</param>
/// <param name="slotBytes">Size of one slot's part of the cache, which a copy moves as a whole.</param>
/// <param name="storeBytes">Memory for copies of what slots held before, 0 = none.</param>
internal sealed class PrefixReuse(LlamaContext context, bool reuse, long slotBytes, long storeBytes) : IDisposable
{
    private const int MinCopyTokens = 16;
    private const long CopyBytesPerToken = 16 << 20;

    /// <summary>
    /// Below this many tokens a prefix is not worth a copy: memory moves this much in about the time that a model of such a cache
    /// needs for a token of a prompt, with room to spare.
    /// </summary>
    private readonly long _minCopyTokens = MinCopyTokens + slotBytes / CopyBytesPerToken;

    // What is saved may never be asked for again: twice as long as what is copied for a prompt that is there.
    private readonly PrefixStore _store = new(context, reuse ? storeBytes : 0, 2 * (MinCopyTokens + slotBytes / CopyBytesPerToken));

    /// <summary>Memory taken by copies of what slots held before.</summary>
    public long StoredBytes => _store.Bytes;

    /// <summary>
    /// Chooses a free slot and makes it hold the longest prefix of the prompt that any slot, or the copy of an earlier one, has. A free
    /// slot's own prefix is used in place when that keeps at least half of what it holds, so that a long conversation is not cut for a
    /// shared system prompt.
    /// </summary>
    /// <returns>The slot with its tokens cut to the prefix, or null when none is free.</returns>
    public Slot? Place(Slot[] slots, int[] prompt, AdapterSet adapters)
    {
        Slot? best = null;
        int bestLength = 0;
        Slot? oldest = Oldest(slots);
        foreach (Slot slot in slots)
        {
            int length = reuse ? slot.CommonPrefix(prompt, adapters) : 0;
            if (length > bestLength || (length == bestLength && length > 0 && slot.Job is null && best!.Job is not null))
                (best, bestLength) = (slot, length);
        }
        if (oldest is null)
            return null;
        // One token at least must be computed: its logits start the answer.
        int usable = Math.Min(bestLength, prompt.Length - 1);
        if (_store.Find(prompt, adapters, out int keptLength) is { } kept && Math.Min(keptLength, prompt.Length - 1) - usable >= _minCopyTokens)
        {
            Cut(oldest, 0, slots);
            return _store.Restore(kept, oldest) ? Cut(oldest, Math.Min(keptLength, prompt.Length - 1), slots) : oldest;
        }
        if (best is null || usable == 0)
            return Cut(oldest, 0, slots);
        if (best.Job is null && (best == oldest || usable * 2 >= best.Tokens.Count))
            return Cut(best, usable, slots);
        int own = oldest.CommonPrefix(prompt, adapters);
        if (usable - own < _minCopyTokens)
            return Cut(oldest, Math.Min(own, prompt.Length - 1), slots);
        Cut(oldest, 0, slots);
        context.CopyAll(best.Id, oldest.Id);
        oldest.Tokens.AddRange(best.Tokens);
        return Cut(oldest, usable, slots);
    }

    /// <summary>Frees the copies.</summary>
    public void Dispose() => _store.Dispose();

    /// <summary>
    /// Whether a slot is just computing a prefix of the prompt that no slot holds yet and that is worth a copy: the several answers
    /// of one request, and requests that share a long system prompt, are then computed once.
    /// </summary>
    public bool IsWorthWaiting(Slot[] slots, int[] prompt, AdapterSet adapters)
    {
        if (!reuse)
            return false;
        _store.Find(prompt, adapters, out int held);
        int coming = 0;
        foreach (Slot slot in slots)
        {
            held = Math.Max(held, slot.CommonPrefix(prompt, adapters));
            if (slot.Prefilling && slot.Adapters.Equals(adapters))
                coming = Math.Max(coming, slot.Job!.Prompt.AsSpan().CommonPrefixLength(prompt));
        }
        return Math.Min(coming, prompt.Length - 1) - held >= _minCopyTokens;
    }

    /// <summary>
    /// The free slot to give up: of the half that was used longest ago the one beside a busy slot, because llama.cpp computes in one go
    /// only sequences that follow on one another; else the one used longest ago. Null when none is free.
    /// </summary>
    private static Slot? Oldest(Slot[] slots)
    {
        Slot[] free = Array.FindAll(slots, static s => s.Job is null);
        if (free.Length == 0)
            return null;
        Array.Sort(free, static (a, b) => Cheaper(a, b) ? -1 : Cheaper(b, a) ? 1 : a.Id.CompareTo(b.Id));
        bool Busy(int id) => id >= 0 && id < slots.Length && slots[id].Job is not null;
        for (int i = 0; i < (free.Length + 1) / 2; i++)
        {
            if (Busy(free[i].Id - 1) || Busy(free[i].Id + 1))
                return free[i];
        }
        return free[0];
    }

    private static bool Cheaper(Slot a, Slot b) => a.Tokens.Count == 0 != (b.Tokens.Count == 0) ? a.Tokens.Count == 0 : a.LastUsed < b.LastUsed;

    private Slot Cut(Slot slot, int length, Slot[] slots)
    {
        if (length < slot.Tokens.Count)
            _store.Save(slot, length, slots);
        if (length > 0 && length < slot.Tokens.Count && !context.TryTruncate(slot.Id, length))
            length = 0;
        // A sliding window may have dropped the beginning already.
        if (length > 0 && context.FirstPosition(slot.Id) != 0)
            length = 0;
        if (length == 0)
            context.Clear(slot.Id);
        slot.Tokens.RemoveRange(length, slot.Tokens.Count - length);
        return slot;
    }
}
