using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace RouterDaemon.Store;

/// <summary>
/// Threads that questions to the store run on: of lower priority than the threads that carry requests, so that somebody who asks why a request was slow
/// does not make the next one slow.
/// </summary>
internal sealed partial class QuietThreads : TaskScheduler
{
    // setpriority(2): 0..19, each step about 10 % less than the one before. Not the lowest: on a busy machine a thread that waits for its turn may hold up
    // the garbage collector, which waits for threads to stop.
    private const int Nice = 10;
    private const int PriorityOfProcess = 0;
    private const uint QosClassUtility = 0x11; // pthread/qos.h

    private readonly BlockingCollection<Task> _tasks = [];
    private readonly Lock _starting = new();
    private int _threads;
    private int _idle;

    private QuietThreads()
    {
    }

    /// <summary>The ones of this process. They start when they are needed and stay.</summary>
    public static QuietThreads Shared { get; } = new();

    /// <summary>At least two, so that one long statement does not hold up everybody.</summary>
    public override int MaximumConcurrencyLevel { get; } = Math.Clamp(Environment.ProcessorCount / 2, 2, 4);

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

    // On Linux a "process" of setpriority is a thread, 0 the calling one.
    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int nice);

    [LibraryImport("libc", EntryPoint = "pthread_set_qos_class_self_np")]
    private static partial int SetQosClass(uint qosClass, int relativePriority);

    // A refusal changes nothing but the pace.
    private static void LowerPriority() => _ = OperatingSystem.IsMacOS() ? SetQosClass(QosClassUtility, 0) : SetPriority(PriorityOfProcess, 0, Nice);

    private void Work()
    {
        LowerPriority();
        while (true)
        {
            Interlocked.Increment(ref _idle);
            var task = _tasks.Take();
            Interlocked.Decrement(ref _idle);
            TryExecuteTask(task);
        }
    }
}
