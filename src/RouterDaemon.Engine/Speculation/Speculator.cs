using RouterDaemon.Engine.Scheduling;

namespace RouterDaemon.Engine.Speculation;

/// <summary>
/// Speculative decoding: guesses of the next tokens are computed together with the next one and sampled one after the other from their
/// own rows, so the answer is what it would have been, only sooner. Used where one sequence computes alone: several fill a step
/// themselves, and sequences of different lengths would be computed in several passes.
/// </summary>
/// <param name="drafter">Makes the guesses; disposed with this.</param>
/// <param name="always">Whether to guess without asking if it pays.</param>
/// <param name="slotTokens">Context of a slot.</param>
/// <param name="time">Clock of the drafting.</param>
internal sealed class Speculator(IDrafter drafter, bool always, int slotTokens, TimeProvider time) : IDisposable
{
    /// <summary>Guesses in a step when nobody asks what they cost.</summary>
    private const int UsualLength = 8;

    private readonly DraftLength _length = new();
    private double _draftMs;

    /// <summary>Plans guesses for a slot whose next token will be computed alone.</summary>
    public void Plan(Slot slot)
    {
        Job job = slot.Job!;
        // No guess beyond the end of the answer or of the context: the last token needs no successor.
        int room = slotTokens - slot.Tokens.Count - 1;
        if (job.Request.MaxTokens > 0)
            room = Math.Min(room, job.Request.MaxTokens - job.Generated - 1);
        int wanted = always ? Math.Min(room, UsualLength) : _length.Choose(Math.Min(room, DraftLength.Max), job.Drafts.Acceptance);
        _draftMs = 0;
        if (wanted == 0)
            return;
        drafter.Follow(slot);
        long started = time.GetTimestamp();
        slot.DraftCount = drafter.Draft(slot, slot.Draft.AsSpan(0, wanted));
        _draftMs = time.GetElapsedTime(started).TotalMilliseconds;
    }

    /// <summary>Takes the time of the planned step, in which one sequence was computed alone.</summary>
    public void Observe(int tokens, double stepMs) => _length.Observe(tokens, stepMs + _draftMs);

    public void Dispose() => drafter.Dispose();
}
