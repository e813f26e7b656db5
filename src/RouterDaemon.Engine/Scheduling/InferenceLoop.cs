using System.Collections.Concurrent;
using RouterDaemon.Engine.Hosting;
using RouterDaemon.Engine.Sampling;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// The inference thread of one loaded model. Every step computes one batch: the next token of each generating sequence first, then
/// chunks of waiting prompts. Owns the context; nobody else touches it.
/// </summary>
internal sealed class InferenceLoop : IDisposable
{
    /// <summary>llama.cpp's grammar code recurses; the default stack is small on some systems.</summary>
    private const int StackBytes = 16 << 20;

    private readonly LlamaModel _model;
    private readonly LlamaContext _context;
    private readonly EngineModelOptions _options;
    private readonly int _slotTokens;
    private readonly TimeProvider _time;
    private readonly Action<LoopSnapshot> _publish;
    private readonly Action<Exception> _crashed;

    private readonly ConcurrentQueue<Job> _inbox = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly PrefixReuse _prefixes;
    private readonly JobQueue _queue = new();
    private readonly Slot[] _slots;
    private readonly TokenBatch _batch;
    private readonly TokenCandidate[] _candidates;
    private readonly byte[] _piece = new byte[512];
    private readonly PromptBudget _budget;
    private readonly ThreadGovernor _governor;
    private readonly Thread _thread;
    private volatile bool _stop;
    private long _step;
    private int _promptCursor;
    private LoopSnapshot _published;

    /// <param name="context">Made for this loop, which disposes it at the end.</param>
    /// <param name="options">The model's options.</param>
    /// <param name="plan">Context of each slot and what it weighs.</param>
    /// <param name="time">Clock of the timings.</param>
    /// <param name="publish">Told about every change, on the inference thread.</param>
    /// <param name="crashed">Told when the thread has ended by an exception.</param>
    public InferenceLoop(
        LlamaContext context, EngineModelOptions options, MemoryPlan plan, TimeProvider time, Action<LoopSnapshot> publish, Action<Exception> crashed)
    {
        _model = context.Model;
        _context = context;
        _options = options;
        _slotTokens = plan.SlotTokens;
        _prefixes = new PrefixReuse(context, !options.Deterministic, plan.KvBytes / options.Slots);
        _time = time;
        _publish = publish;
        _crashed = crashed;
        _slots = [.. Enumerable.Range(0, options.Slots).Select(i => new Slot(i))];
        _batch = new TokenBatch(context.BatchTokens);
        _candidates = new TokenCandidate[_model.VocabularySize];
        _budget = new PromptBudget(context.BatchTokens);
        _governor = new ThreadGovernor(options.Deterministic ? 1 : context.Threads);
        _published = new LoopSnapshot(0, 0, context.Threads, null);
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = $"inference {options.Id}" };
        _thread.Start();
    }

    public void Submit(Job job)
    {
        _inbox.Enqueue(job);
        Wake();
    }

    public void Wake()
    {
        try
        {
            _wake.Set();
        }
        catch (ObjectDisposedException)
        {
            // A reader of a finished generation may still signal room after the model was unloaded.
        }
    }

    /// <summary>Ends the thread after the running step; jobs still inside are closed with an error.</summary>
    public void Dispose()
    {
        _stop = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        Exception? failure = null;
        try
        {
            while (!_stop)
            {
                TakeNew();
                DropCancelled();
                Admit();
                Publish(null);
                if (FillBatch())
                    Step();
                else
                    _wake.WaitOne();
            }
        }
        catch (Exception e)
        {
            failure = e;
        }
        CloseAll(new EngineException(
            EngineErrorKind.Internal, failure is null ? "the model was unloaded" : $"the inference thread failed: {failure.Message}", null, failure));
        _context.Dispose();
        if (failure is not null)
            _crashed(failure);
    }

    private void TakeNew()
    {
        while (_inbox.TryDequeue(out Job? job))
            _queue.Add(job);
    }

    private void DropCancelled()
    {
        foreach (Job job in _queue.RemoveAll(static j => j.Cancelled))
        {
            job.Close(null);
            job.Leave();
        }
        foreach (Slot slot in _slots)
        {
            if (slot.Job is { } job)
            {
                if (job.Cancelled)
                    Release(slot);
                else if (job.Parked)
                    job.Retry();
            }
        }
    }

    private void Admit()
    {
        while (_queue.Next(_slots) is { } job && _prefixes.Place(_slots, job.Prompt) is { } slot)
        {
            _queue.Remove(job);
            slot.Job = job;
            slot.LastUsed = _step;
            job.CachedTokens = slot.Tokens.Count;
            job.StartedAt = _time.GetTimestamp();
            foreach (int token in job.Prompt)
                job.Sampler.Accept(token, generated: false);
        }
    }

    private bool FillBatch()
    {
        _batch.Clear();
        foreach (Slot slot in _slots)
        {
            slot.OutputIndex = -1;
            slot.BatchTokens = 0;
        }
        if (_options.Deterministic)
            return FillWithOne();
        int decoding = 0;
        foreach (Slot slot in _slots)
        {
            if (slot.Generating && !slot.Job!.Parked)
            {
                AddPending(slot);
                decoding++;
            }
        }
        AddPrompts(Math.Min(_budget.Tokens(decoding > 0), _batch.Capacity - _batch.Count));
        return _batch.Count > 0;
    }

    /// <summary>A batch never holds two sequences, and prompts are cut at the same places every time.</summary>
    private bool FillWithOne()
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            Slot slot = _slots[(_promptCursor + i) % _slots.Length];
            if (slot.Job is null || slot.Job.Parked)
                continue;
            if (slot.Generating)
                AddPending(slot);
            else
                AddPrompt(slot, _batch.Capacity);
            _promptCursor = (slot.Id + 1) % _slots.Length;
            return true;
        }
        return false;
    }

    private void AddPending(Slot slot)
    {
        slot.OutputIndex = _batch.Add(slot.PendingToken, slot.Tokens.Count, slot.Id, output: true);
        slot.BatchTokens = 1;
    }

    /// <summary>Shares the budget equally among the prompts, what one does not need going to the next; who is first rotates.</summary>
    private void AddPrompts(int budget)
    {
        int waiting = _slots.Count(static s => s.Prefilling);
        if (waiting == 0)
            return;
        _promptCursor = (_promptCursor + 1) % _slots.Length;
        for (int i = 0; i < _slots.Length && budget > 0; i++)
        {
            Slot slot = _slots[(_promptCursor + i) % _slots.Length];
            if (!slot.Prefilling)
                continue;
            budget -= AddPrompt(slot, Math.Max(1, budget / waiting));
            waiting--;
        }
    }

    private int AddPrompt(Slot slot, int budget)
    {
        int[] prompt = slot.Job!.Prompt;
        int from = slot.Tokens.Count;
        int count = Math.Min(budget, prompt.Length - from);
        for (int i = from; i < from + count; i++)
        {
            bool last = i == prompt.Length - 1;
            int index = _batch.Add(prompt[i], i, slot.Id, last);
            if (last)
                slot.OutputIndex = index;
        }
        slot.BatchTokens = count;
        return count;
    }

    private void Step()
    {
        _step++;
        int decoding = _slots.Count(static s => s.BatchTokens > 0 && s.Generating);
        long started = _time.GetTimestamp();
        int result = _context.Decode(_batch);
        if (result != 0)
        {
            Recover(result);
            return;
        }
        Advance();
        double ms = _time.GetElapsedTime(started).TotalMilliseconds;
        _budget.Observe(_batch.Count - decoding, ms);
        if (decoding == _batch.Count && !_options.Deterministic)
        {
            int threads = _governor.Observe(decoding, ms, _time.GetTimestamp() * 1000.0 / _time.TimestampFrequency);
            if (threads != _context.Threads)
                _context.SetThreads(threads);
        }
    }

    /// <summary>Takes over what a successful decode has put into the cache and samples where logits were asked for.</summary>
    private void Advance()
    {
        foreach (Slot slot in _slots)
        {
            if (slot.BatchTokens == 0)
                continue;
            slot.LastUsed = _step;
            if (slot.Generating)
                slot.Tokens.Add(slot.PendingToken);
            else
                slot.Tokens.AddRange(slot.Job!.Prompt.AsSpan(slot.Tokens.Count, slot.BatchTokens));
        }
        foreach (Slot slot in _slots)
        {
            if (slot.OutputIndex >= 0 && slot.Job is { Cancelled: false })
                Sample(slot);
        }
    }

    private void Sample(Slot slot)
    {
        Job job = slot.Job!;
        try
        {
            Span<float> logits = _context.Logits(slot.OutputIndex);
            if (logits.IsEmpty)
                throw new EngineException(EngineErrorKind.Internal, "the decode gave no logits");
            float[]? raw = job.Request.LogProbs ? logits.ToArray() : null;
            int token = job.Sampler.Sample(logits, _candidates);
            if (job.FirstTokenAt == 0)
                job.FirstTokenAt = _time.GetTimestamp();
            if (_model.IsEndOfGeneration(token) && !job.Request.IgnoreEos)
            {
                job.CountEnd();
                Finish(slot, FinishReason.Stop);
                return;
            }
            job.Sampler.Accept(token, generated: true);
            job.Push(token, Piece(token, job.Tools is not null), raw is null ? null : LogProbabilities.Describe(_model, raw, token, job.Request.TopLogProbs));
            slot.PendingToken = token;
            if (job.StopMet is not null)
                Finish(slot, FinishReason.StopString);
            else if (job.Generated == job.Request.MaxTokens || slot.Tokens.Count >= _slotTokens)
                Finish(slot, FinishReason.Length);
        }
        catch (EngineException e)
        {
            Fail(slot, e);
        }
    }

    /// <summary>The marks around tool calls are special tokens in some vocabularies, so answers with tools show those.</summary>
    private ReadOnlySpan<byte> Piece(int token, bool special)
    {
        int length = _model.TokenToPiece(token, _piece, special);
        return length >= 0 ? _piece.AsSpan(0, length) : _model.TokenBytes(token, special);
    }

    private void Finish(Slot slot, FinishReason reason)
    {
        Job job = slot.Job!;
        job.Finish(new GenerationResult(
            reason,
            job.Generated,
            job.StopMet,
            _time.GetElapsedTime(job.SubmittedAt, job.StartedAt).TotalMilliseconds,
            _time.GetElapsedTime(job.StartedAt, job.FirstTokenAt).TotalMilliseconds,
            _time.GetElapsedTime(job.FirstTokenAt).TotalMilliseconds));
        Release(slot);
    }

    private void Fail(Slot slot, EngineException error)
    {
        slot.Job!.Close(error);
        Publish(error.Message);
        Release(slot);
    }

    private void Release(Slot slot)
    {
        Job job = slot.Job!;
        slot.Job = null;
        if (_options.Deterministic)
            Forget(slot);
        job.Leave();
    }

    private void Forget(Slot slot)
    {
        _context.Clear(slot.Id);
        slot.Tokens.Clear();
    }

    /// <summary>
    /// A failed batch: the cache is cut back to what it held, then each sequence is tried alone, so that one bad request does not end
    /// the others.
    /// </summary>
    private void Recover(int result)
    {
        Slot[] inBatch = [.. _slots.Where(static s => s.BatchTokens > 0)];
        foreach (Slot slot in inBatch)
            CutBack(slot);
        if (inBatch.Length == 1)
        {
            Forget(inBatch[0]);
            Fail(inBatch[0], new EngineException(EngineErrorKind.Internal, $"llama_decode failed with code {result}"));
            return;
        }
        foreach (Slot slot in inBatch)
        {
            if (slot.Job is null)
                continue;
            _batch.Clear();
            foreach (Slot other in _slots)
            {
                other.OutputIndex = -1;
                other.BatchTokens = 0;
            }
            if (slot.Generating)
                AddPending(slot);
            else
                AddPrompt(slot, _batch.Capacity);
            int alone = _context.Decode(_batch);
            if (alone == 0)
            {
                Advance();
                continue;
            }
            Forget(slot);
            Fail(slot, new EngineException(EngineErrorKind.Internal, $"llama_decode failed with code {alone}"));
        }
    }

    private void CutBack(Slot slot)
    {
        if (_context.LastPosition(slot.Id) < slot.Tokens.Count)
            return;
        if (!_context.TryTruncate(slot.Id, slot.Tokens.Count))
        {
            Forget(slot);
            Fail(slot, new EngineException(EngineErrorKind.Internal, "the model's state could not be restored after a failed decode"));
        }
    }

    private void CloseAll(EngineException error)
    {
        TakeNew();
        foreach (Job job in _queue.RemoveAll(static _ => true))
        {
            job.Close(error);
            job.Leave();
        }
        foreach (Slot slot in _slots)
        {
            if (slot.Job is not { } job)
                continue;
            slot.Job = null;
            job.Close(error);
            job.Leave();
        }
    }

    private void Publish(string? error)
    {
        LoopSnapshot now = new(_slots.Count(static s => s.Job is not null), _queue.Count, _context.Threads, error ?? _published.LastError);
        if (now == _published)
            return;
        _published = now;
        _publish(now);
    }
}
