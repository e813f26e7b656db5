using System.Runtime.CompilerServices;

namespace RouterDaemon.Http.Server;

/// <summary>
/// Brings a handler back to the thread pool after a wait that a socket thread ended: one that started there may block (see
/// <see cref="Heat"/>). A handler that runs on a socket thread stays there.
/// </summary>
internal readonly struct PoolHop
{
    private readonly bool _fromPool;

    private PoolHop(bool fromPool) => _fromPool = fromPool;

    /// <summary>Before the wait.</summary>
    public static PoolHop Begin() => new(Thread.CurrentThread.IsThreadPoolThread);

    /// <summary>After it.</summary>
    public ConfiguredTaskAwaitable EndAsync() =>
        Task.CompletedTask.ConfigureAwait(_fromPool && !Thread.CurrentThread.IsThreadPoolThread ? ConfigureAwaitOptions.ForceYielding : ConfigureAwaitOptions.None);
}
