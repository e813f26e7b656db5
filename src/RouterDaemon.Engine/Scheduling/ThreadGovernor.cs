namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// Lowers the number of compute threads while a busy neighbour holds a core: the library's barriers spin, so one late thread stalls
/// all. Watches steps that only decode, against the usual time of steps of the same size.
/// </summary>
internal sealed class ThreadGovernor(int maxThreads)
{
    private const double JumpFactor = 3;
    private const double BaselineCreep = 1.002;
    private const int Window = 8;
    private const int JumpsToLower = 4;
    private const double RaiseAfterMs = 10_000;

    private readonly Dictionary<int, double> _baselineMs = [];
    private int _steps;
    private int _jumps;
    private readonly int _maxThreads = maxThreads;
    private double _calmSinceMs;

    public int Threads { get; private set; } = maxThreads;

    /// <summary>Takes the time of a step and returns the threads to use from now on.</summary>
    /// <param name="decodeTokens">Tokens of the step, all of them decoding.</param>
    /// <param name="stepMs">How long it took.</param>
    /// <param name="nowMs">Any monotonic clock.</param>
    public int Observe(int decodeTokens, double stepMs, double nowMs)
    {
        if (_maxThreads == 1)
            return 1;
        // The baseline creeps up so that a growing context is not taken for a neighbour.
        double baseline = _baselineMs.TryGetValue(decodeTokens, out double known) ? Math.Min(known * BaselineCreep, stepMs) : stepMs;
        bool jumped = known > 0 && stepMs > known * JumpFactor;
        _baselineMs[decodeTokens] = known > 0 && jumped ? known : baseline;
        _jumps += jumped ? 1 : 0;
        if (jumped)
            _calmSinceMs = nowMs;
        if (++_steps < Window)
            return Threads;
        bool lower = _jumps >= JumpsToLower;
        _steps = _jumps = 0;
        if (lower && Threads > 1)
            Change(Math.Max(1, Threads / 2), nowMs);
        else if (Threads < _maxThreads && nowMs - _calmSinceMs >= RaiseAfterMs)
            Change(Threads + 1, nowMs);
        return Threads;
    }

    private void Change(int threads, double nowMs)
    {
        Threads = threads;
        _baselineMs.Clear();
        _calmSinceMs = nowMs;
    }
}
