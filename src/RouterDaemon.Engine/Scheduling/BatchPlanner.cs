using RouterDaemon.Engine.Speculation;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// Decides what the next batch computes: the next token of generating sequences first, then waiting prompts one after the other,
/// bounded so that the generating ones are not held up.
/// </summary>
internal sealed class BatchPlanner(
    Slot[] slots, TokenBatch batch, PromptBudget budget, DecodeWidth width, Speculator? speculator, TimeProvider time, bool deterministic)
{
    private readonly AdapterTurns _turns = new();
    private int _cursor;
    private int _turn;

    /// <summary>What the batch is computed with.</summary>
    public AdapterSet Adapters { get; private set; } = AdapterSet.None;

    /// <summary>Fills the batch. False when there is nothing to compute.</summary>
    public bool Fill()
    {
        Clear();
        if (deterministic)
            return FillWithOne();
        Adapters = _turns.Choose(slots);
        int decoding = 0;
        int waiting = 0;
        foreach (Slot slot in slots)
        {
            decoding += Ready(slot) ? 1 : 0;
            waiting += Waiting(slot) ? 1 : 0;
        }
        // Beside a prompt the batch is wide anyway: everybody rides along.
        Slot? last = PlanDecoding(waiting > 0 ? decoding : decoding = width.Choose(decoding));
        if (waiting > 0)
            PlanPrompts(decoding);
        else if (decoding == 1)
            speculator?.Plan(last!);
        AddPlanned();
        return batch.Count > 0;
    }

    /// <summary>Fills the batch with what one slot needs next.</summary>
    public void FillWith(Slot slot)
    {
        Clear();
        slot.BatchTokens = slot.Generating ? 1 : Math.Min(batch.Capacity, slot.PromptLeft);
        AddPlanned();
    }

    private void Clear()
    {
        batch.Clear();
        foreach (Slot slot in slots)
        {
            slot.OutputIndex = -1;
            slot.BatchTokens = 0;
            slot.DraftCount = 0;
        }
    }

    /// <summary>A batch never holds two sequences, and prompts are cut at the same places every time.</summary>
    private bool FillWithOne()
    {
        for (int i = 0; i < slots.Length; i++)
        {
            Slot slot = slots[(_cursor + i) % slots.Length];
            if (slot.Job is null || slot.Job.Parked)
                continue;
            Adapters = slot.Adapters;
            FillWith(slot);
            _cursor = (slot.Id + 1) % slots.Length;
            return true;
        }
        return false;
    }

    private bool Ready(Slot slot) => slot.Generating && !slot.Job!.Parked && slot.Adapters.Equals(Adapters);

    private bool Waiting(Slot slot) => slot.Prefilling && slot.Adapters.Equals(Adapters);

    /// <summary>Plans the next token of so many sequences, going on behind the one that was last.</summary>
    /// <returns>The last of them, null when there is none.</returns>
    private Slot? PlanDecoding(int count)
    {
        Slot? last = null;
        int start = _turn;
        for (int i = 0; i < slots.Length && count > 0; i++)
        {
            Slot slot = slots[(start + i) % slots.Length];
            if (!Ready(slot))
                continue;
            slot.BatchTokens = 1;
            _turn = slot.Id + 1;
            last = slot;
            count--;
        }
        return last;
    }

    /// <summary>
    /// Plans the prompt whose turn it is, and beside it others that fit whole into a short step: equal shares would make every prompt
    /// wait for all, and short pieces of many cost more than long ones of a few.
    /// </summary>
    private void PlanPrompts(int decoding)
    {
        Slot first = NextPrompt(int.MaxValue)!;
        first.BatchTokens = PromptBudget.Piece(first.PromptLeft, Math.Min(budget.Tokens(decoding > 0), batch.Capacity - decoding));
        int room = Math.Min(budget.Tokens(othersDecode: true), batch.Capacity - decoding) - first.BatchTokens;
        while (NextPrompt(room) is { } next)
        {
            next.BatchTokens = next.PromptLeft;
            room -= next.BatchTokens;
        }
    }

    /// <summary>
    /// The unplanned prompt of at most <paramref name="most"/> tokens with the highest response ratio (Hansen 1971): its waiting time
    /// against what is left of it, so that a short one overtakes a long one and no one starves. Null when there is none.
    /// </summary>
    private Slot? NextPrompt(int most)
    {
        long now = time.GetTimestamp();
        Slot? next = null;
        double highest = double.NegativeInfinity;
        foreach (Slot slot in slots)
        {
            if (!Waiting(slot) || slot.BatchTokens > 0 || slot.PromptLeft > most)
                continue;
            double ratio = (double)(now - slot.Job!.SubmittedAt) / slot.PromptLeft;
            if (ratio > highest)
                (next, highest) = (slot, ratio);
        }
        return next;
    }

    /// <summary>
    /// Adds what was planned by rising sequence: where each has its own cache, llama.cpp computes together only those that follow on
    /// one another (llama-batch.cpp, split_equal).
    /// </summary>
    private void AddPlanned()
    {
        foreach (Slot slot in slots)
        {
            if (slot.BatchTokens == 0)
                continue;
            if (slot.Generating)
            {
                slot.OutputIndex = batch.Add(slot.PendingToken, slot.Tokens.Count, slot.Id, output: true);
                for (int i = 0; i < slot.DraftCount; i++)
                    batch.Add(slot.Draft[i], slot.Tokens.Count + 1 + i, slot.Id, output: true);
                continue;
            }
            int[] prompt = slot.Job!.Prompt;
            int end = slot.Tokens.Count + slot.BatchTokens;
            for (int i = slot.Tokens.Count; i < end; i++)
                slot.OutputIndex = batch.Add(prompt[i], i, slot.Id, i == prompt.Length - 1);
            if (end < prompt.Length)
                slot.OutputIndex = -1;
        }
    }
}
