using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>Finds the free slot in which a prompt has the least left to compute.</summary>
internal static class PrefixReuse
{
    /// <summary>Below this many tokens a prefix is not worth a copy.</summary>
    private const int MinCopyTokens = 16;

    /// <summary>
    /// Chooses a free slot and makes it hold the longest prefix of the prompt that any slot has. A free slot's own prefix is used in
    /// place when that keeps at least half of what it holds, so that a long conversation is not cut for a shared system prompt.
    /// </summary>
    /// <returns>The slot with its tokens cut to the prefix, or null when none is free.</returns>
    public static Slot? Place(Slot[] slots, int[] prompt, LlamaContext context, bool reuse)
    {
        Slot? oldest = null;
        Slot? best = null;
        int bestLength = 0;
        foreach (Slot slot in slots)
        {
            if (slot.Job is null && (oldest is null || Cheaper(slot, oldest)))
                oldest = slot;
            int length = reuse ? slot.CommonPrefix(prompt) : 0;
            if (length > bestLength || (length == bestLength && length > 0 && slot.Job is null && best!.Job is not null))
                (best, bestLength) = (slot, length);
        }
        if (oldest is null)
            return null;
        // One token at least must be computed: its logits start the answer.
        int usable = Math.Min(bestLength, prompt.Length - 1);
        if (best is null || usable == 0)
            return Cut(oldest, 0, context);
        if (best.Job is null && (best == oldest || usable * 2 >= best.Tokens.Count))
            return Cut(best, usable, context);
        int own = oldest.CommonPrefix(prompt);
        if (usable - own < MinCopyTokens)
            return Cut(oldest, Math.Min(own, prompt.Length - 1), context);
        Cut(oldest, 0, context);
        context.CopyAll(best.Id, oldest.Id);
        oldest.Tokens.AddRange(best.Tokens);
        return Cut(oldest, usable, context);
    }

    private static bool Cheaper(Slot a, Slot b) => a.Tokens.Count == 0 != (b.Tokens.Count == 0) ? a.Tokens.Count == 0 : a.LastUsed < b.LastUsed;

    private static Slot Cut(Slot slot, int length, LlamaContext context)
    {
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
