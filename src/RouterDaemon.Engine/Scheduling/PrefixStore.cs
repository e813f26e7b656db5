using System.Runtime.InteropServices;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// Copies of what slots held before they were given to other requests, so that more conversations than slots keep what was computed for
/// them. The copies that were used longest ago make room.
/// </summary>
/// <param name="context">The cache that is copied from and to.</param>
/// <param name="maxBytes">Memory for all copies, 0 = none are kept.</param>
/// <param name="minTokens">Shorter losses are computed again sooner than they are copied.</param>
internal sealed class PrefixStore(LlamaContext context, long maxBytes, long minTokens) : IDisposable
{
    /// <summary>By use, the oldest first.</summary>
    private readonly List<KeptPrefix> _kept = [];

    /// <summary>Memory taken by the copies.</summary>
    public long Bytes { get; private set; }

    /// <summary>Copies held.</summary>
    public int Count => _kept.Count;

    /// <summary>Copies what a slot is about to lose, unless it is short or held elsewhere.</summary>
    /// <param name="slot">The slot, as it is still.</param>
    /// <param name="keep">Tokens that stay in it.</param>
    /// <param name="others">All slots: what another one holds as well is not lost.</param>
    public void Save(Slot slot, int keep, Slot[] others)
    {
        ReadOnlySpan<int> tokens = CollectionsMarshal.AsSpan(slot.Tokens);
        if (maxBytes == 0 || tokens.Length - keep < minTokens || IsHeld(slot, tokens, others))
            return;
        // Asked first: a sequence of more than all the room would push everything out for nothing.
        long bytes = context.SequenceStateBytes(slot.Id);
        if (bytes == 0 || bytes > maxBytes)
            return;
        for (int i = _kept.Count - 1; i >= 0; i--)
        {
            // The beginning of what is saved now, an earlier turn of the same conversation.
            if (_kept[i].Adapters.Equals(slot.Adapters) && tokens.StartsWith(_kept[i].Tokens))
                Drop(i);
        }
        while (Bytes + bytes > maxBytes)
            Drop(0);
        if (context.SaveSequence(slot.Id) is not { } state)
            return;
        Bytes += state.Bytes;
        _kept.Add(new KeptPrefix(tokens.ToArray(), slot.Adapters, state));
    }

    /// <summary>The copy with the longest common beginning with a prompt, null = none has any.</summary>
    public KeptPrefix? Find(int[] prompt, AdapterSet adapters, out int length)
    {
        KeptPrefix? best = null;
        length = 0;
        foreach (KeptPrefix kept in _kept)
        {
            int common = kept.Adapters.Equals(adapters) ? kept.Tokens.AsSpan().CommonPrefixLength(prompt) : 0;
            if (common > length)
                (best, length) = (kept, common);
        }
        return best;
    }

    /// <summary>Puts a copy into an empty slot. False when the context does not take it; the slot is empty then.</summary>
    public bool Restore(KeptPrefix kept, Slot slot)
    {
        _kept.Remove(kept);
        if (!context.TryRestoreSequence(slot.Id, kept.State))
        {
            Bytes -= kept.State.Bytes;
            kept.State.Dispose();
            context.Clear(slot.Id);
            return false;
        }
        _kept.Add(kept);
        slot.Tokens.AddRange(kept.Tokens);
        return true;
    }

    /// <summary>Frees all copies.</summary>
    public void Dispose()
    {
        while (_kept.Count > 0)
            Drop(_kept.Count - 1);
    }

    private bool IsHeld(Slot slot, ReadOnlySpan<int> tokens, Slot[] others)
    {
        foreach (Slot other in others)
        {
            if (other != slot && other.Adapters.Equals(slot.Adapters) && CollectionsMarshal.AsSpan(other.Tokens).StartsWith(tokens))
                return true;
        }
        foreach (KeptPrefix kept in _kept)
        {
            if (kept.Adapters.Equals(slot.Adapters) && kept.Tokens.AsSpan().StartsWith(tokens))
                return true;
        }
        return false;
    }

    private void Drop(int index)
    {
        Bytes -= _kept[index].State.Bytes;
        _kept[index].State.Dispose();
        _kept.RemoveAt(index);
    }
}
