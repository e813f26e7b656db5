using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RouterDaemon.Bench.Mock;

/// <summary>An OpenAI-compatible upstream on 127.0.0.1 with a socket server of its own, so that it can misbehave at byte level.
/// What a request gets is the first of: a <c>/b/SPEC</c> route or an <c>x-mock</c> header (<see cref="MockSpec"/>), <see cref="Script"/>,
/// <see cref="ByModel"/>, a model named <c>mock:SPEC</c>, <see cref="Default"/>.</summary>
public sealed class MockUpstream : IAsyncDisposable
{
    private const string PrefixHeader = "x-mock";
    private readonly Socket _listener;
    private readonly ConcurrentDictionary<int, MockConnection> _connections = new();
    private readonly ConcurrentQueue<MockRequest> _requests = new();
    private readonly Random _random;
    private readonly Task _accept;
    private int _connectionCount;
    private int _inFlight;
    private long _number;

    private MockUpstream(Socket listener, int seed)
    {
        _listener = listener;
        _random = new Random(seed);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _accept = AcceptAsync();
    }

    /// <summary>The port that it listens on.</summary>
    public int Port { get; }

    /// <summary>Root URL, without <c>/v1</c>.</summary>
    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <summary>Decides for each request; null falls through to the model tables.</summary>
    public Func<MockRequest, MockBehaviour?>? Script { get; set; }

    /// <summary>Behaviours by model name.</summary>
    public ConcurrentDictionary<string, MockBehaviour> ByModel { get; } = new(StringComparer.Ordinal);

    /// <summary>What requests get that nothing else speaks for.</summary>
    public MockBehaviour Default { get; set; } = new();

    /// <summary>Ids that <c>GET /v1/models</c> lists.</summary>
    public IReadOnlyList<string> Models { get; set; } = ["mock-model"];

    /// <summary>Text that <c>GET /metrics</c> answers.</summary>
    public string MetricsText { get; set; } = "vllm:num_requests_running 0\nvllm:num_requests_waiting 0\n";

    /// <summary>False under load: requests are answered and forgotten.</summary>
    public bool Record { get; set; } = true;

    /// <summary>Requests in order of arrival.</summary>
    public IReadOnlyList<MockRequest> Requests => [.. _requests];

    /// <summary>Requests that are not <c>GET</c>, in order of arrival.</summary>
    public IReadOnlyList<MockRequest> Posts => [.. _requests.Where(r => r.Method == "POST")];

    /// <summary>Connections accepted so far.</summary>
    public int TotalConnections => Volatile.Read(ref _connectionCount);

    /// <summary>Connections open now.</summary>
    public int OpenConnections => _connections.Count;

    /// <summary>Requests being answered now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Listens and serves until it is disposed.</summary>
    /// <param name="port">0 = any free port.</param>
    /// <param name="seed">Seed of the jitter.</param>
    public static MockUpstream Start(int port = 0, int seed = 1)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(4096);
        return new MockUpstream(listener, seed);
    }

    /// <summary>Root URL whose requests all get one behaviour, see <see cref="MockSpec"/>.</summary>
    public Uri UrlFor(string spec) => new($"http://127.0.0.1:{Port}/b/{spec}");

    /// <summary>Forgets the recorded requests.</summary>
    public void Clear() => _requests.Clear();

    /// <summary>Resets every open connection, as a restarting peer does.</summary>
    public void ResetConnections()
    {
        foreach (MockConnection connection in _connections.Values)
            connection.Close(reset: true);
    }

    /// <summary>Waits for a recorded request.</summary>
    /// <exception cref="TimeoutException">None came in time.</exception>
    public async Task<MockRequest> WaitForAsync(Func<MockRequest, bool> predicate, TimeSpan timeout)
    {
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (true)
        {
            MockRequest? found = _requests.FirstOrDefault(predicate);
            if (found is not null)
                return found;
            if (Environment.TickCount64 > end)
                throw new TimeoutException($"the mock upstream saw no such request within {timeout.TotalSeconds} s; it saw {_requests.Count}");
            await Task.Delay(2);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accept;
        ResetConnections();
    }

    internal MockBehaviour Choose(MockRequest request)
    {
        try
        {
            if (request.Header(PrefixHeader) is { } spec)
                return MockSpec.Parse(spec, Default);
            if (Script?.Invoke(request) is { } scripted)
                return scripted;
            if (ByModel.TryGetValue(request.Model, out MockBehaviour? named))
                return named;
            return request.Model.StartsWith("mock:", StringComparison.Ordinal) ? MockSpec.Parse(request.Model.AsSpan(5), Default) : Default;
        }
        catch (FormatException e)
        {
            return MockBehaviour.Error(400, e.Message, "invalid_request_error");
        }
    }

    internal byte[] Get(string path)
    {
        if (path.EndsWith("/models", StringComparison.Ordinal))
            return MockJson.Models(Models);
        return path.EndsWith("/metrics", StringComparison.Ordinal) ? System.Text.Encoding.UTF8.GetBytes(MetricsText) : "{\"status\":\"ok\"}"u8.ToArray();
    }

    internal string TakePrefix(string path, List<KeyValuePair<string, string>> headers)
    {
        if (!path.StartsWith("/b/", StringComparison.Ordinal))
            return path;
        int end = path.IndexOf('/', 3);
        end = end < 0 ? path.Length : end;
        headers.Add(new(PrefixHeader, Uri.UnescapeDataString(path[3..end])));
        return end == path.Length ? "/" : path[end..];
    }

    internal void Received(MockRequest request)
    {
        Interlocked.Increment(ref _inFlight);
        if (Record)
            _requests.Enqueue(request);
    }

    internal void Done() => Interlocked.Decrement(ref _inFlight);

    internal long NextNumber() => Interlocked.Increment(ref _number);

    internal double NextJitter()
    {
        lock (_random)
            return _random.NextDouble();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                int id = Interlocked.Increment(ref _connectionCount);
                var connection = new MockConnection(this, socket, id);
                _connections[id] = connection;
                _ = ServeAsync(id, connection);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(int id, MockConnection connection)
    {
        await connection.RunAsync();
        _connections.TryRemove(id, out _);
    }
}
