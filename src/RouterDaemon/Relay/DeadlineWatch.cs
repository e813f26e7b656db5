namespace RouterDaemon.Relay;

/// <summary>
/// Checks all running attempts against their deadlines on one coarse timer: a stream's every chunk moves a number instead of a
/// timer. Deadlines are late by at most <see cref="RelayOptions.WatchInterval"/>.
/// </summary>
internal sealed class DeadlineWatch : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private Attempt[] _attempts = new Attempt[64];
    private Attempt[] _scratch = [];
    private int _count;

    public DeadlineWatch(TimeProvider time, TimeSpan interval)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((DeadlineWatch)state!).Sweep(), this, interval, interval);
    }

    /// <summary>Attempts under watch.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Cancelled when running requests are given up because the daemon stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Gives up every attempt, and those that are added later.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Attempt[] running;
        lock (_lock)
        {
            running = _attempts[.._count];
        }

        foreach (var attempt in running)
        {
            attempt.Cancel(RelayError.ShuttingDown);
        }
    }

    /// <summary>Watches an attempt until it is removed.</summary>
    public void Add(Attempt attempt)
    {
        if (_stopping.IsCancellationRequested)
        {
            attempt.Cancel(RelayError.ShuttingDown);
        }

        lock (_lock)
        {
            if (_count == _attempts.Length)
            {
                Array.Resize(ref _attempts, _count * 2);
            }

            attempt.WatchIndex = _count;
            _attempts[_count++] = attempt;
        }
    }

    /// <summary>Forgets an attempt.</summary>
    public void Remove(Attempt attempt)
    {
        lock (_lock)
        {
            var index = attempt.WatchIndex;
            if (index < 0)
            {
                return;
            }

            var last = _attempts[--_count];
            _attempts[index] = last;
            last.WatchIndex = index;
            _attempts[_count] = null!;
            attempt.WatchIndex = -1;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _stopping.Dispose();
    }

    private void Sweep()
    {
        var now = _time.GetTimestamp();
        int count;
        Attempt[] batch;
        lock (_lock)
        {
            // A sweep that outlasts the interval must not share its list with the next one.
            batch = _scratch.Length >= _count ? _scratch : new Attempt[_attempts.Length];
            _scratch = [];
            count = _count;
            Array.Copy(_attempts, batch, count);
        }

        for (var i = 0; i < count; i++)
        {
            batch[i].Check(now);
            batch[i].Output?.KeepAliveIfSilent(now);
        }

        Array.Clear(batch, 0, count);
        lock (_lock)
        {
            _scratch = batch;
        }
    }
}
