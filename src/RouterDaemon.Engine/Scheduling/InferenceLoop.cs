using System.Collections.Concurrent;
using RouterDaemon.Engine.Hosting;
using RouterDaemon.Engine.Speculation;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>The inference thread of one loaded model: takes jobs in, gives them slots, and runs one step after the other. Owns the context.</summary>
internal sealed class InferenceLoop : IDisposable
{
    /// <summary>llama.cpp's grammar code recurses; the default stack is small on some systems.</summary>
    private const int StackBytes = 16 << 20;

    /// <summary>Copies of prefixes take at most this part of the memory that is free at the load, whatever was configured.</summary>
    private const int PrefixCacheShare = 8;

    private readonly LlamaContext _context;
    private readonly bool _deterministic;
    private readonly TimeProvider _time;
    private readonly Action<LoopSnapshot> _publish;
    private readonly Action<Exception> _crashed;

    private readonly ConcurrentQueue<Job> _inbox = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly SlotQuestions _questions;
    private readonly JobQueue _queue = new();
    private readonly SlotSet _slots;
    private readonly PrefixReuse _prefixes;
    private readonly TokenBatch _batch;
    private readonly PromptBudget _budget;
    private readonly DecodeWidth _width;
    private readonly BatchPlanner _planner;
    private readonly DecodeStep _step;
    private readonly IReadOnlyList<LlamaAdapter> _adapters;
    private readonly ThreadGovernor _governor;
    private readonly Speculator? _speculator;
    private readonly Thread _thread;
    private volatile bool _stop;
    private LoopSnapshot _published;

    /// <param name="context">Made for this loop, which disposes it at the end.</param>
    /// <param name="options">The model's options.</param>
    /// <param name="adapters">The model's adapters, which live longer than this.</param>
    /// <param name="speculator">Guesses tokens, null = nobody does; disposed by this loop.</param>
    /// <param name="plan">Context of each slot and what it weighs.</param>
    /// <param name="time">Clock of the timings.</param>
    /// <param name="publish">Told about every change, on the inference thread.</param>
    /// <param name="crashed">Told when the thread has ended by an exception.</param>
    public InferenceLoop(
        LlamaContext context, IReadOnlyList<LlamaAdapter> adapters, Speculator? speculator, EngineModelOptions options, MemoryPlan plan, TimeProvider time,
        Action<LoopSnapshot> publish, Action<Exception> crashed)
    {
        _context = context;
        _adapters = adapters;
        _deterministic = options.Deterministic;
        _time = time;
        _publish = publish;
        _crashed = crashed;
        _slots = new SlotSet(context, options.Slots, keepPrefixes: !options.Deterministic, time);
        _prefixes = new PrefixReuse(context, !options.Deterministic, plan.KvBytes / options.Slots, Math.Min(options.PrefixCacheBytes, MachineMemory.AvailableBytes() / PrefixCacheShare));
        _batch = new TokenBatch(context.BatchTokens);
        _budget = new PromptBudget(context.BatchTokens);
        _width = new DecodeWidth(options.Slots);
        _speculator = speculator;
        _planner = new BatchPlanner(_slots.All, _batch, _budget, _width, speculator, time, options.Deterministic);
        _step = new DecodeStep(context, _batch, _slots, _planner, plan.SlotTokens, time);
        _governor = new ThreadGovernor(options.Deterministic ? 1 : context.Threads);
        _questions = new SlotQuestions(time);
        _published = new LoopSnapshot(0, 0, context.Threads, null);
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = $"inference {options.Id}" };
        _thread.Start();
    }

    public void Submit(Job job)
    {
        _inbox.Enqueue(job);
        Wake();
    }

    /// <summary>What the slots do, after the running step; empty once the loop has ended.</summary>
    public Task<IReadOnlyList<SlotState>> SlotsAsync()
    {
        Task<IReadOnlyList<SlotState>> states = _questions.AskAsync();
        Wake();
        return states;
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
                Publish();
                _questions.Answer(_slots.All);
                if (_planner.Fill())
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
        _prefixes.Dispose();
        _speculator?.Dispose();
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
        foreach (Slot slot in _slots.All)
        {
            if (slot.Job is { } job)
            {
                if (job.Cancelled)
                    _slots.Release(slot);
                else if (job.Parked)
                    job.Retry();
            }
        }
    }

    private void Admit()
    {
        while (_slots.Active < _slots.All.Length && _queue.Next(_slots.All, _prefixes) is { } job && _prefixes.Place(_slots.All, job.Prompt, job.Adapters) is { } slot)
        {
            _queue.Remove(job);
            slot.Job = job;
            slot.Adapters = job.Adapters;
            slot.LastUsed = _step.Count;
            job.CachedTokens = slot.Tokens.Count;
            job.StartedAt = _time.GetTimestamp();
            foreach (int token in job.Prompt)
                job.Sampler.Accept(token, generated: false);
        }
    }

    private void Step()
    {
        int decoding = 0;
        int drafted = 0;
        foreach (Slot slot in _slots.All)
        {
            decoding += slot.BatchTokens > 0 && slot.Generating ? 1 : 0;
            drafted += slot.DraftCount;
        }
        if (_adapters.Count > 0)
            _context.SetAdapters(_adapters, _planner.Adapters.Scales);
        int computed = _batch.Count;
        long started = _time.GetTimestamp();
        if (!_step.Run())
            return;
        double ms = _time.GetElapsedTime(started).TotalMilliseconds;
        if (decoding == 1 && drafted + 1 == computed)
            _speculator?.Observe(computed, ms);
        _budget.Observe(computed - decoding - drafted, ms);
        if (decoding == computed && !_deterministic)
        {
            _width.Observe(decoding, ms);
            int threads = _governor.Observe(decoding, ms, _time.GetTimestamp() * 1000.0 / _time.TimestampFrequency);
            if (threads != _context.Threads)
                _context.SetThreads(threads);
        }
    }

    private void CloseAll(EngineException error)
    {
        _questions.End();
        TakeNew();
        foreach (Job job in _queue.RemoveAll(static _ => true))
        {
            job.Close(error);
            job.Leave();
        }
        foreach (Slot slot in _slots.All)
        {
            if (slot.Job is not { } job)
                continue;
            slot.Job = null;
            job.Close(error);
            job.Leave();
        }
    }

    private void Publish()
    {
        LoopSnapshot now = new(
            _slots.Active, _queue.Count, _context.Threads, _slots.LastError, _slots.DraftTokens, _slots.AcceptedDraftTokens, _prefixes.StoredBytes);
        if (now == _published)
            return;
        _published = now;
        _publish(now);
    }
}
