using System.Collections.Concurrent;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>Questions about the state of the slots, answered by the inference thread between two steps, so that nobody else reads what it writes.</summary>
/// <param name="time">Clock of the jobs.</param>
internal sealed class SlotQuestions(TimeProvider time)
{
    private readonly ConcurrentQueue<TaskCompletionSource<IReadOnlyList<SlotState>>> _open = new();
    private volatile bool _ended;

    /// <summary>The state after the running step; empty once the thread has ended. The caller wakes the thread.</summary>
    public Task<IReadOnlyList<SlotState>> AskAsync()
    {
        TaskCompletionSource<IReadOnlyList<SlotState>> question = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _open.Enqueue(question);
        if (_ended)
            AnswerAll([]);
        return question.Task;
    }

    public void Answer(Slot[] slots)
    {
        if (!_open.IsEmpty)
            AnswerAll(Array.ConvertAll(slots, Describe));
    }

    public void End()
    {
        _ended = true;
        AnswerAll([]);
    }

    private void AnswerAll(IReadOnlyList<SlotState> states)
    {
        while (_open.TryDequeue(out TaskCompletionSource<IReadOnlyList<SlotState>>? question))
            question.TrySetResult(states);
    }

    private SlotState Describe(Slot slot) => slot.Job is not { } job
        ? new SlotState(slot.Id, SlotActivity.Idle, slot.Tokens.Count, 0, 0, 0, 0, 0, null)
        : new SlotState(
            slot.Id,
            slot.Prefilling ? SlotActivity.Prefilling : job.Parked ? SlotActivity.WaitingForReader : SlotActivity.Generating,
            slot.Tokens.Count,
            job.Prompt.Length,
            job.CachedTokens,
            job.Generated,
            job.Request.MaxTokens,
            time.GetElapsedTime(job.StartedAt).TotalMilliseconds,
            job.Request.FairnessKey);
}
