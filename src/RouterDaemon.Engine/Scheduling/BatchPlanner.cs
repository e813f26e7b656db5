using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// Decides what the next batch computes: the next token of each generating sequence first, then chunks of waiting prompts, shared
/// equally and bounded so that the generating ones are not held up.
/// </summary>
internal sealed class BatchPlanner(Slot[] slots, TokenBatch batch, PromptBudget budget, bool deterministic)
{
    private int _cursor;

    /// <summary>Fills the batch. False when there is nothing to compute.</summary>
    public bool Fill()
    {
        Clear();
        if (deterministic)
            return FillWithOne();
        int decoding = 0;
        foreach (Slot slot in slots)
        {
            if (slot.Generating && !slot.Job!.Parked)
            {
                AddPending(slot);
                decoding++;
            }
        }
        AddPrompts(Math.Min(budget.Tokens(decoding > 0), batch.Capacity - batch.Count));
        return batch.Count > 0;
    }

    /// <summary>Fills the batch with what one slot needs next.</summary>
    public void FillWith(Slot slot)
    {
        Clear();
        if (slot.Generating)
            AddPending(slot);
        else
            AddPrompt(slot, batch.Capacity);
    }

    private void Clear()
    {
        batch.Clear();
        foreach (Slot slot in slots)
        {
            slot.OutputIndex = -1;
            slot.BatchTokens = 0;
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
            FillWith(slot);
            _cursor = (slot.Id + 1) % slots.Length;
            return true;
        }
        return false;
    }

    private void AddPending(Slot slot)
    {
        slot.OutputIndex = batch.Add(slot.PendingToken, slot.Tokens.Count, slot.Id, output: true);
        slot.BatchTokens = 1;
    }

    /// <summary>Shares the budget equally among the prompts, what one does not need going to the next; who is first rotates.</summary>
    private void AddPrompts(int tokens)
    {
        int waiting = 0;
        foreach (Slot slot in slots)
            waiting += slot.Prefilling ? 1 : 0;
        if (waiting == 0)
            return;
        _cursor = (_cursor + 1) % slots.Length;
        for (int i = 0; i < slots.Length && tokens > 0; i++)
        {
            Slot slot = slots[(_cursor + i) % slots.Length];
            if (!slot.Prefilling)
                continue;
            tokens -= AddPrompt(slot, Math.Max(1, tokens / waiting));
            waiting--;
        }
    }

    private int AddPrompt(Slot slot, int most)
    {
        int[] prompt = slot.Job!.Prompt;
        int from = slot.Tokens.Count;
        int count = Math.Min(most, prompt.Length - from);
        for (int i = from; i < from + count; i++)
        {
            bool last = i == prompt.Length - 1;
            int index = batch.Add(prompt[i], i, slot.Id, last);
            if (last)
                slot.OutputIndex = index;
        }
        slot.BatchTokens = count;
        return count;
    }
}
