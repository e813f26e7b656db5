using RouterDaemon.Engine.Sampling;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>Computes a batch, takes over what it has put into the cache, and samples where logits were asked for.</summary>
/// <param name="context">Computes.</param>
/// <param name="batch">What to compute.</param>
/// <param name="slots">Whose tokens the batch holds.</param>
/// <param name="planner">Fills the batch again after a failure.</param>
/// <param name="slotTokens">Context of each slot.</param>
internal sealed class DecodeStep(LlamaContext context, TokenBatch batch, SlotSet slots, BatchPlanner planner, int slotTokens, TimeProvider time)
{
    private readonly TokenCandidate[] _candidates = new TokenCandidate[context.Model.VocabularySize];
    private readonly byte[] _piece = new byte[512];

    /// <summary>Steps so far.</summary>
    public long Count { get; private set; }

    /// <summary>Computes the batch. False when it failed; what could be saved was computed sequence by sequence then.</summary>
    public bool Run()
    {
        Count++;
        int result = context.Decode(batch);
        if (result == 0)
            Advance();
        else
            Recover(result);
        return result == 0;
    }

    private void Advance()
    {
        foreach (Slot slot in slots.All)
        {
            if (slot.BatchTokens == 0)
                continue;
            slot.LastUsed = Count;
            if (slot.Generating)
                slot.Tokens.Add(slot.PendingToken);
            else
                slot.Tokens.AddRange(slot.Job!.Prompt.AsSpan(slot.Tokens.Count, slot.BatchTokens));
        }
        foreach (Slot slot in slots.All)
        {
            if (slot.OutputIndex >= 0 && slot.Job is { Cancelled: false })
                SampleAll(slot);
            if (slot.DraftCount > 0)
                CutBack(slot);
        }
    }

    /// <summary>Samples the next token, and goes on as long as it is the guessed one: the row behind a guess that holds is the right one.</summary>
    private void SampleAll(Slot slot)
    {
        Job job = slot.Job!;
        // Counted as it goes: the end of the answer takes the counts along.
        job.Drafts = job.Drafts.Begin(slot.DraftCount);
        Sample(slot, slot.OutputIndex);
        for (int i = 0; i < slot.DraftCount && slot.Job is not null; i++)
        {
            if (slot.PendingToken != slot.Draft[i])
            {
                job.Drafts = job.Drafts.Reject();
                return;
            }
            job.Drafts = job.Drafts.Accept();
            slot.Tokens.Add(slot.PendingToken);
            Sample(slot, slot.OutputIndex + i + 1);
        }
    }

    private void Sample(Slot slot, int row)
    {
        Job job = slot.Job!;
        try
        {
            Span<float> logits = context.Logits(row);
            if (logits.IsEmpty)
                throw new EngineException(EngineErrorKind.Internal, "the decode gave no logits");
            float[]? raw = job.Request.LogProbs ? logits.ToArray() : null;
            int token = job.Sampler.Sample(logits, _candidates);
            if (job.FirstTokenAt == 0)
                job.FirstTokenAt = time.GetTimestamp();
            if (context.Model.IsEndOfGeneration(token) && !job.Request.IgnoreEos)
            {
                job.CountEnd();
                slots.Finish(slot, FinishReason.Stop);
                return;
            }
            job.Sampler.Accept(token, generated: true);
            TokenLogProb? logProb = raw is null ? null : LogProbabilities.Describe(context.Model, raw, token, job.Request.TopLogProbs);
            job.Push(token, Piece(token, job.ShowSpecialTokens), logProb);
            slot.PendingToken = token;
            if (job.StopMet is not null)
                slots.Finish(slot, FinishReason.StopString);
            else if (job.Generated == job.Request.MaxTokens || slot.Tokens.Count >= slotTokens)
                slots.Finish(slot, FinishReason.Length);
        }
        catch (EngineException e)
        {
            slots.Fail(slot, e);
        }
    }

    private ReadOnlySpan<byte> Piece(int token, bool special)
    {
        int length = context.Model.TokenToPiece(token, _piece, special);
        return length >= 0 ? _piece.AsSpan(0, length) : context.Model.TokenBytes(token, special);
    }

    /// <summary>
    /// A failed batch: the cache is cut back to what it held, then each sequence is tried alone, so that one bad request does not end
    /// the others.
    /// </summary>
    private void Recover(int result)
    {
        Slot[] inBatch = Array.FindAll(slots.All, static s => s.BatchTokens > 0);
        foreach (Slot slot in inBatch)
            CutBack(slot);
        if (inBatch.Length == 1 && inBatch[0].DraftCount == 0)
        {
            GiveUp(inBatch[0], result);
            return;
        }
        foreach (Slot slot in inBatch)
        {
            if (slot.Job is null)
                continue;
            planner.FillWith(slot);
            int alone = context.Decode(batch);
            if (alone == 0)
                Advance();
            else
                GiveUp(slot, alone);
        }
    }

    private void GiveUp(Slot slot, int result)
    {
        slots.Forget(slot);
        if (slot.Job is not null)
            slots.Fail(slot, new EngineException(EngineErrorKind.Internal, $"llama_decode failed with code {result}"));
    }

    private void CutBack(Slot slot)
    {
        if (context.LastPosition(slot.Id) < slot.Tokens.Count)
            return;
        if (!context.TryTruncate(slot.Id, slot.Tokens.Count))
        {
            slots.Forget(slot);
            if (slot.Job is not null)
                slots.Fail(slot, new EngineException(EngineErrorKind.Internal, "the model's state could not be cut back to what is certain"));
        }
    }
}
