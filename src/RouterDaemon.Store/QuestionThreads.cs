using System.Collections.Concurrent;
using System.Diagnostics;

namespace RouterDaemon.Store;

/// <summary>
/// Threads that questions to the store run on, so few that most of the machine stays with the threads that carry requests: somebody who asks why a request
/// was slow must not make the next one slow.
/// </summary>
/// <remarks>
/// Of normal priority. A thread of lower priority was measured and makes requests slower, not faster: the garbage collector stops all threads before it
/// begins, and on a busy machine it then waits for the one that does not get its turn.
/// </remarks>
internal sealed class QuestionThreads : TaskScheduler
{
    /// <summary>While there are requests a thread rests so many times as long as its question took: questions then have at most a tenth of a core each.</summary>
    public const int RestFactor = 9;

    /// <summary>Longest rest.</summary>
    public static readonly TimeSpan MaxRest = TimeSpan.FromMilliseconds(200);

    private readonly BlockingCollection<Task> _tasks = [];
    private readonly Lock _starting = new();
    private readonly Action<TimeSpan> _rest;
    private Func<long> _requests = static () => 0;
    private long _seenRequests;
    private int _threads;
    private int _idle;

    /// <param name="rest">How a thread rests.</param>
    internal QuestionThreads(Action<TimeSpan> rest) => _rest = rest;

    /// <summary>The ones of this process. They start when they are needed and stay.</summary>
#pragma warning disable RS0030 // These threads are their own: nobody else waits for them.
    public static QuestionThreads Shared { get; } = new(Thread.Sleep);
#pragma warning restore RS0030

    /// <summary>One core is left to the requests. Measured: with all cores busy a request waits for a time slice of milliseconds, with one free it does not.</summary>
    public override int MaximumConcurrencyLevel { get; } = Math.Clamp(Environment.ProcessorCount - 1, 1, 4);

    /// <summary>
    /// What questions give way to: a count that grows with every request. A question that is asked alone is answered as fast as ever, the rest comes after
    /// the answer; somebody who never stops asking waits for the rest of the question before.
    /// </summary>
    public void GiveWayTo(Func<long> requests) => Volatile.Write(ref _requests, requests);

    /// <summary>Runs <paramref name="work"/> there; what follows an await of it runs on the thread pool.</summary>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation) =>
        Task.Factory.StartNew(work, cancellation, TaskCreationOptions.DenyChildAttach | TaskCreationOptions.RunContinuationsAsynchronously, this);

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        _tasks.Add(task, CancellationToken.None);
        lock (_starting)
        {
            if (_tasks.Count > Volatile.Read(ref _idle) && _threads < MaximumConcurrencyLevel)
            {
                _threads++;
                new Thread(Work) { IsBackground = true, Name = "store questions" }.Start();
            }
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => _tasks;

    private void Work()
    {
        while (true)
        {
            Interlocked.Increment(ref _idle);
            var task = _tasks.Take();
            Interlocked.Decrement(ref _idle);
            var start = Stopwatch.GetTimestamp();
            TryExecuteTask(task);
            RestAfter(Stopwatch.GetElapsedTime(start));
        }
    }

    private void RestAfter(TimeSpan question)
    {
        var requests = Volatile.Read(ref _requests)();
        if (Interlocked.Exchange(ref _seenRequests, requests) != requests)
        {
            _rest(question * RestFactor < MaxRest ? question * RestFactor : MaxRest);
        }
    }
}
