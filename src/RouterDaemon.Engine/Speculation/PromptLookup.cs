using System.Runtime.InteropServices;
using RouterDaemon.Engine.Scheduling;

namespace RouterDaemon.Engine.Speculation;

/// <summary>
/// Guesses that what followed the last three tokens before follows them again (prompt lookup decoding, Saxena 2023): quoted text, code that
/// is edited, names, repeated structure. Costs nothing but an index of the slot's own tokens.
/// </summary>
internal sealed class PromptLookup(int slots) : IDrafter
{
    private readonly TokenIndex?[] _indexes = new TokenIndex?[slots];

    public void Follow(Slot slot)
    {
        TokenIndex index = _indexes[slot.Id] is { } known && known.Job == slot.Job ? known : _indexes[slot.Id] = new TokenIndex(slot.Job!);
        index.Take(CollectionsMarshal.AsSpan(slot.Tokens));
    }

    public int Draft(Slot slot, Span<int> draft)
    {
        ReadOnlySpan<int> tokens = CollectionsMarshal.AsSpan(slot.Tokens);
        int from = _indexes[slot.Id]!.Find(tokens, slot.PendingToken);
        int count = from < 0 ? 0 : Math.Min(draft.Length, tokens.Length - from);
        // The pending token itself is not part of the computed ones.
        if (count > 0)
            tokens.Slice(from, count).CopyTo(draft);
        return count;
    }

    public void Dispose()
    {
        // Nothing but managed memory.
    }
}
