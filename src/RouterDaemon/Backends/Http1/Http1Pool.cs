namespace RouterDaemon.Backends.Http1;

/// <summary>
/// Keeps the idle connections to one upstream. The last one used is the first one taken, so that those which a burst left behind
/// grow old together and are closed.
/// </summary>
internal sealed class Http1Pool : IAsyncDisposable
{
    /// <summary>An idle connection is closed after this.</summary>
    public static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(90);

    /// <summary>A connection is not used again after this, so that a name which moved is found without a restart.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    /// <summary>Most idle connections that are kept.</summary>
    public const int MaxIdleConnections = 1024;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly List<Http1Connection> _idle = [];
    private readonly Http1Connector _connector;
    private readonly TimeProvider _time;
    private readonly ITimer _sweeper;
    private bool _isClosed;

    public Http1Pool(Http1Connector connector, TimeProvider time)
    {
        _connector = connector;
        _time = time;
        _sweeper = time.CreateTimer(static state => ((Http1Pool)state!).Sweep(), this, SweepPeriod, SweepPeriod);
    }

    /// <summary>Idle connections now.</summary>
    public int IdleCount
    {
        get
        {
            lock (_lock)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>An idle connection that is still open, its receive posted; null when there is none.</summary>
    public Http1Connection? TryTake()
    {
        while (TryPop() is { } idle)
        {
            if (idle.IsQuiet)
            {
                return idle;
            }

            idle.Dispose();
        }

        return null;
    }

    /// <summary>A new connection, its receive posted.</summary>
    /// <exception cref="UpstreamException">No connection, or not in time.</exception>
    public async ValueTask<Http1Connection> OpenAsync(CancellationToken cancellationToken)
    {
        var channel = await _connector.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var connection = new Http1Connection(channel, _time.GetTimestamp());
        connection.WaitForNext();
        return connection;
    }

    /// <summary>Takes a connection back, to keep or to close.</summary>
    public void Return(Http1Connection connection)
    {
        var now = _time.GetTimestamp();
        if (connection.IsReusable && _time.GetElapsedTime(connection.CreatedTimestamp, now) < MaxAge)
        {
            connection.IdleSinceTimestamp = now;
            connection.WaitForNext();
            lock (_lock)
            {
                if (!_isClosed && _idle.Count < MaxIdleConnections)
                {
                    _idle.Add(connection);
                    return;
                }
            }
        }

        connection.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _sweeper.DisposeAsync().ConfigureAwait(false);
        Http1Connection[] idle;
        lock (_lock)
        {
            _isClosed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (var connection in idle)
        {
            connection.Dispose();
        }
    }

    private Http1Connection? TryPop()
    {
        lock (_lock)
        {
            if (_idle.Count == 0)
            {
                return null;
            }

            var last = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            return last;
        }
    }

    /// <summary>Closes what was idle too long, and what its peer closed.</summary>
    private void Sweep()
    {
        var now = _time.GetTimestamp();
        var closed = new List<Http1Connection>();
        lock (_lock)
        {
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                var connection = _idle[i];
                if (!connection.IsQuiet || _time.GetElapsedTime(connection.IdleSinceTimestamp, now) >= MaxIdle
                    || _time.GetElapsedTime(connection.CreatedTimestamp, now) >= MaxAge)
                {
                    closed.Add(connection);
                    _idle.RemoveAt(i);
                }
            }
        }

        foreach (var connection in closed)
        {
            connection.Dispose();
        }
    }
}
