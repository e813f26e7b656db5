namespace RouterDaemon.Service;

/// <summary>
/// Gives the memory of a burst back. Collections are rare by design (see <c>Aot.props</c>), so an idle daemon would keep what its last requests
/// left behind, and the little that it allocates by itself would grow to the same.
/// </summary>
internal sealed class IdleCollector : IDisposable
{
    /// <summary>How often it looks; a daemon is idle when it took no decision in between.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>Less than this is not worth a collection.</summary>
    public const long MinBytes = 4 * 1024 * 1024;

    private readonly Func<long> _decisions;
    private readonly Action _collect;
    private readonly ITimer _timer;
    private long _lastDecisions;
    private long _lastAllocated;

    /// <param name="time">The clock.</param>
    /// <param name="decisions">Decisions so far.</param>
    /// <param name="collect">Collects; null = the runtime's collector.</param>
    public IdleCollector(TimeProvider time, Func<long> decisions, Action? collect = null)
    {
        _decisions = decisions;
        _collect = collect ?? (static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true));
        _timer = time.CreateTimer(static collector => ((IdleCollector)collector!).Look(), this, Period, Period);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var decisions = _decisions();
        var isIdle = decisions == _lastDecisions;
        _lastDecisions = decisions;
        if (isIdle && GC.GetTotalAllocatedBytes() - _lastAllocated >= MinBytes)
        {
            _collect();
            _lastAllocated = GC.GetTotalAllocatedBytes();
        }
    }
}
