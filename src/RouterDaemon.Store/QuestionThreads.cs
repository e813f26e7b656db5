using System.Collections.Concurrent;

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
    private readonly BlockingCollection<Task> _tasks = [];
    private readonly Lock _starting = new();
    private int _threads;
    private int _idle;

    private QuestionThreads()
    {
    }

    /// <summary>The ones of this process. They start when they are needed and stay.</summary>
    public static QuestionThreads Shared { get; } = new();

    /// <summary>One core is left to the requests. Measured: with all cores busy a request waits for a time slice of milliseconds, with one free it does not.</summary>
    public override int MaximumConcurrencyLevel { get; } = Math.Clamp(Environment.ProcessorCount - 1, 1, 4);

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
            TryExecuteTask(task);
        }
    }
}
