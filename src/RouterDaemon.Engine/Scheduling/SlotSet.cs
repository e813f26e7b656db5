using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>The slots of one context and how a job leaves them.</summary>
/// <param name="context">The cache behind the slots.</param>
/// <param name="count">Number of slots.</param>
/// <param name="keepPrefixes">What a job has computed stays in its slot for the next one.</param>
/// <param name="time">Clock of the timings.</param>
internal sealed class SlotSet(LlamaContext context, int count, bool keepPrefixes, TimeProvider time)
{
    public Slot[] All { get; } = [.. Enumerable.Range(0, count).Select(i => new Slot(i))];

    /// <summary>Guessed tokens of the jobs that ended.</summary>
    public long DraftTokens { get; private set; }

    /// <summary>Of these, those that became part of an answer.</summary>
    public long AcceptedDraftTokens { get; private set; }

    /// <summary>Why the last job failed, null = none has.</summary>
    public string? LastError { get; private set; }

    public int Active
    {
        get
        {
            int active = 0;
            foreach (Slot slot in All)
                active += slot.Job is null ? 0 : 1;
            return active;
        }
    }

    public void Finish(Slot slot, FinishReason reason)
    {
        Job job = slot.Job!;
        job.Finish(new GenerationResult(
            reason,
            job.Generated,
            job.StopMet,
            time.GetElapsedTime(job.SubmittedAt, job.StartedAt).TotalMilliseconds,
            time.GetElapsedTime(job.StartedAt, job.FirstTokenAt).TotalMilliseconds,
            time.GetElapsedTime(job.FirstTokenAt).TotalMilliseconds,
            job.Drafts.Drafted,
            job.Drafts.Accepted));
        Release(slot);
    }

    public void Fail(Slot slot, EngineException error)
    {
        slot.Job!.Close(error);
        LastError = error.Message;
        Release(slot);
    }

    public void Release(Slot slot)
    {
        Job job = slot.Job!;
        DraftTokens += job.Drafts.Drafted;
        AcceptedDraftTokens += job.Drafts.Accepted;
        slot.Job = null;
        if (!keepPrefixes)
            Forget(slot);
        job.Leave();
    }

    /// <summary>Empties the slot's part of the cache.</summary>
    public void Forget(Slot slot)
    {
        context.Clear(slot.Id);
        slot.Tokens.Clear();
    }
}
