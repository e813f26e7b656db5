using System.Net;
using System.Net.Sockets;
using System.Text;
using RouterDaemon.Transport;

namespace RouterDaemon.Http.Server;

/// <summary>
/// HTTP/1.1 in plain text, over TCP and Unix sockets: our own, because a gateway's price is what it adds, and most of a general server's
/// work is not needed between a client and a relay. TLS and HTTP/2 are Kestrel's.
/// </summary>
internal sealed class HttpServer : IDisposable
{
    private static readonly TimeSpan CheckPeriod = TimeSpan.FromSeconds(1);

    private readonly RequestApplication _application;
    private readonly SocketTransport _transport;
    private readonly int _maxConnections;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly List<ServerConnection> _connections = [];
    private readonly List<ChannelListener> _listeners = [];
    private readonly ITimer _timer;
    private TaskCompletionSource? _empty;
    private ServerConnection[] _scratch = [];
    private byte[] _dateLine = [];
    private long _coarseTimestamp;
    private int _isChecking;
    private volatile bool _isStopping;

    /// <param name="application">What answers.</param>
    /// <param name="transport">Where connections come from.</param>
    /// <param name="maxConnections">Most connections at a time, more are closed at once; 0 = any number.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Hears of what no request can be blamed for.</param>
    public HttpServer(RequestApplication application, SocketTransport transport, int maxConnections, TimeProvider time, ILogger log)
    {
        _application = application;
        _transport = transport;
        _maxConnections = maxConnections;
        _log = log;
        Time = time;
        Tick();
        _timer = time.CreateTimer(static server => ((HttpServer)server!).Check(), this, CheckPeriod, CheckPeriod);
    }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The clock's timestamp, at most a second old: for limits of many seconds.</summary>
    public long CoarseTimestamp => Volatile.Read(ref _coarseTimestamp);

    /// <summary>The <c>Date</c> header's line.</summary>
    public ReadOnlySpan<byte> DateLine => Volatile.Read(ref _dateLine);

    /// <summary>Nothing new is taken.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Open connections.</summary>
    public int ConnectionCount
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Begins to listen. Returns the address, with the port that was found free.</summary>
    /// <exception cref="SocketException">The address is in use or not ours.</exception>
    public EndPoint Listen(EndPoint endpoint)
    {
        var listener = _transport.Listen(endpoint, Accept, e => Telemetry.Log.AcceptFailed(_log, e.SocketErrorCode));
        _listeners.Add(listener);
        return listener.LocalEndPoint;
    }

    /// <summary>Runs the application on a request. It fails, never throws: the caller's thread has other connections to serve.</summary>
    public Task RunAsync(RequestContext context)
    {
        try
        {
            _application.Begin(context);
            return _application.ProcessRequestAsync(context);
        }
        catch (Exception e)
        {
            return Task.FromException(e);
        }
    }

    /// <summary>The application failed in a way that it does not know of.</summary>
    public void OnUnhandled(Exception e) => Telemetry.Log.RequestFailed(_log, "", "", e);

    /// <summary>Forgets a connection that was closed.</summary>
    public void Remove(ServerConnection connection)
    {
        lock (_lock)
        {
            var index = connection.Index;
            if (index < 0)
            {
                return;
            }

            var last = _connections[^1];
            _connections[index] = last;
            last.Index = index;
            _connections.RemoveAt(_connections.Count - 1);
            connection.Index = -1;
            if (_connections.Count == 0)
            {
                _empty?.TrySetResult();
            }
        }
    }

    /// <summary>Stops listening, closes what is idle and waits for what is answered. Cancelled: the rest is cut.</summary>
    public async Task StopAsync(CancellationToken cut)
    {
        _isStopping = true;
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }

        Task empty;
        lock (_lock)
        {
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_connections.Count == 0)
            {
                _empty.TrySetResult();
            }

            empty = _empty.Task;
        }

        foreach (var connection in All())
        {
            connection.CloseIfIdle();
        }

        using (cut.UnsafeRegister(static server => ((HttpServer)server!).AbortAll(), this))
        {
            await empty.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isStopping = true;
        _timer.Dispose();
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }

        AbortAll();
    }

    private void Accept(Channel channel)
    {
        var connection = new ServerConnection(this, channel);
        lock (_lock)
        {
            if (_isStopping || (_maxConnections > 0 && _connections.Count >= _maxConnections))
            {
                channel.Dispose();
                return;
            }

            connection.Index = _connections.Count;
            _connections.Add(connection);
        }

        connection.Start();
    }

    private void AbortAll()
    {
        foreach (var connection in All())
        {
            connection.Abort();
        }
    }

    private ServerConnection[] All()
    {
        lock (_lock)
        {
            return [.. _connections];
        }
    }

    private void Check()
    {
        // A starved pool runs the timer's calls late, and then two at once.
        if (Interlocked.Exchange(ref _isChecking, 1) == 0)
        {
            CheckAll();
            Volatile.Write(ref _isChecking, 0);
        }
    }

    private void CheckAll()
    {
        Tick();
        int count;
        lock (_lock)
        {
            count = _connections.Count;
            if (_scratch.Length < count)
            {
                _scratch = new ServerConnection[count * 2];
            }

            _connections.CopyTo(_scratch);
        }

        var now = CoarseTimestamp;
        foreach (var connection in _scratch.AsSpan(0, count))
        {
            connection.Check(now);
        }

        _scratch.AsSpan(0, count).Clear();
    }

    private void Tick()
    {
        Volatile.Write(ref _coarseTimestamp, Time.GetTimestamp());
        Volatile.Write(ref _dateLine, Encoding.ASCII.GetBytes($"Date: {Time.GetUtcNow():R}\r\n"));
    }
}
