using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RouterDaemon.Bench.Load;

/// <summary>An open-loop (or closed-loop) load generator for OpenAI-compatible endpoints. In an open loop every latency is counted from
/// the moment the request was due, so a stalled server cannot hide its stall (no coordinated omission).</summary>
public sealed class LoadRun
{
    private readonly LoadOptions _options;
    private readonly ConcurrentStack<LoadConnection> _idle = new();
    private readonly ConcurrentQueue<long> _backlog = new();
    private readonly LatencyHistogram _latency = new();
    private readonly LatencyHistogram _ttft = new();
    private readonly LatencyHistogram _itl = new();
    private readonly LatencyHistogram _transit = new();
    private readonly byte[] _request;
    private long _from;
    private long _to;
    private long _requests;
    private long _errors;
    private long _chunks;
    private long _good;
    private string _firstError = "";
    private volatile bool _stopped;

    private LoadRun(LoadOptions options)
    {
        _options = options;
        _request = BuildRequest(options);
    }

    internal ReadOnlyMemory<byte> Request => _request;

    internal bool Stream => _options.Stream;

    /// <summary>Name in the server's certificate; null = plain text.</summary>
    internal string? TlsHost => _options.Url.Scheme == "https" ? _options.Url.DnsSafeHost : null;

    internal bool Stopped => _stopped;

    /// <summary>Measures once.</summary>
    /// <param name="progress">Called with 0..1; null = silent.</param>
    /// <exception cref="SocketException">The target does not accept connections.</exception>
    public static async Task<LoadResult> ExecuteAsync(LoadOptions options, Action<double>? progress = null)
    {
        var run = new LoadRun(options);
        return await run.RunAsync(progress);
    }

    internal bool Counts(long timestamp) => timestamp >= Volatile.Read(ref _from) && timestamp < Volatile.Read(ref _to);

    /// <summary>An answer is complete: counts it and gives the connection its next request, if one is due.</summary>
    internal void Completed(LoadConnection connection, in LoadAnswer answer)
    {
        if (Counts(answer.EndedAt))
        {
            Interlocked.Increment(ref _requests);
            long latency = Nanoseconds(answer.EndedAt - answer.DueAt);
            _latency.Record(latency);
            long ttft = answer.FirstContentAt == 0 ? latency : Nanoseconds(answer.FirstContentAt - answer.DueAt);
            if (answer.FirstContentAt != 0)
                _ttft.Record(ttft);
            double tpot = answer.Chunks > 1 ? Nanoseconds(answer.LastContentAt - answer.FirstContentAt) / 1e6 / (answer.Chunks - 1) : 0;
            if (ttft / 1e6 <= _options.SloTtftMs && tpot <= _options.SloTpotMs)
                Interlocked.Increment(ref _good);
        }

        Next(connection);
    }

    /// <summary>A chunk with content came.</summary>
    /// <param name="previousAt">When the one before it came; 0 = it is the first.</param>
    /// <param name="sentAt">Time stamp in the chunk; 0 = none.</param>
    internal void Chunk(long now, long previousAt, long sentAt)
    {
        if (!Counts(now))
            return;
        Interlocked.Increment(ref _chunks);
        if (previousAt != 0)
            _itl.Record(Nanoseconds(now - previousAt));
        if (sentAt != 0)
            _transit.Record(Nanoseconds(now - sentAt));
    }

    internal void Failed(LoadConnection connection, string reason)
    {
        if (_stopped)
            return;
        if (Counts(Stopwatch.GetTimestamp()))
            Interlocked.Increment(ref _errors);
        if (_firstError.Length == 0)
            _firstError = reason;
        Next(connection);
    }

    private static long Nanoseconds(long ticks) => (long)(ticks * (1e9 / Stopwatch.Frequency));

    private static byte[] BuildRequest(LoadOptions options)
    {
        string maxTokens = options.MaxTokens > 0 ? $",\"max_tokens\":{options.MaxTokens}" : "";
        string stream = options.Stream ? ",\"stream\":true" : "";
        string head = $"{{\"model\":\"{options.Model}\"{stream}{maxTokens},\"messages\":[{{\"role\":\"user\",\"content\":\"";
        const string Tail = "\"}]}";
        string filler = new StringBuilder().Insert(0, "word ", Math.Max(1, (options.BodyBytes - head.Length - Tail.Length + 4) / 5)).ToString();
        byte[] body = Encoding.UTF8.GetBytes(head + filler + Tail);
        string authorization = options.ApiKey.Length > 0 ? $"Authorization: Bearer {options.ApiKey}\r\n" : "";
        string headers = string.Concat(options.Headers.Select(h => h + "\r\n"));
        string path = options.Url.AbsolutePath.TrimEnd('/') + "/chat/completions";
        return [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {options.Url.Authority}\r\nContent-Type: application/json\r\n{authorization}{headers}Content-Length: {body.Length}\r\n\r\n"), .. body];
    }

    private void Next(LoadConnection connection)
    {
        if (_stopped)
            return;
        if (_options.RatePerSecond <= 0)
            connection.Begin(Stopwatch.GetTimestamp());
        else if (_backlog.TryDequeue(out long due))
            connection.Begin(due);
        else
        {
            _idle.Push(connection);
            // An arrival may have been queued between the look and the push.
            if (!_backlog.IsEmpty && _idle.TryPop(out LoadConnection? again))
                Next(again);
        }
    }

    private async Task<LoadResult> RunAsync(Action<double>? progress)
    {
        IPAddress address = IPAddress.TryParse(_options.Url.DnsSafeHost, out IPAddress? literal) ? literal : (await Dns.GetHostAddressesAsync(_options.Url.DnsSafeHost))[0];
        var endpoint = new IPEndPoint(address, _options.Url.Port);
        var connections = new List<LoadConnection>();
        for (int i = 0; i < _options.Connections; i++)
            connections.Add(await LoadConnection.OpenAsync(this, endpoint));

        long start = Stopwatch.GetTimestamp();
        _from = start + (long)(_options.WarmUp.TotalSeconds * Stopwatch.Frequency);
        _to = _from + (long)(_options.Duration.TotalSeconds * Stopwatch.Frequency);
        foreach (LoadConnection connection in connections)
            _ = connection.ReceiveLoopAsync();
        Thread? pacer = null;
        if (_options.RatePerSecond > 0)
        {
            foreach (LoadConnection connection in connections)
                _idle.Push(connection);
            pacer = new Thread(() => new Pacer(_options.RatePerSecond, _options.Seed).Run(start, _to, Due)) { IsBackground = true, Name = "pacer", Priority = ThreadPriority.AboveNormal };
            pacer.Start();
        }
        else
        {
            foreach (LoadConnection connection in connections)
                connection.Begin(Stopwatch.GetTimestamp());
        }

        double cpuBefore = 0;
        bool measuring = false;
        for (long now; (now = Stopwatch.GetTimestamp()) < _to;)
        {
            if (!measuring && now >= _from)
            {
                measuring = true;
                cpuBefore = ProcessUsage.CpuSeconds(_options.Pids);
            }

            progress?.Invoke((double)(now - start) / (_to - start));
            long until = measuring ? _to : _from;
            await Task.Delay(TimeSpan.FromSeconds(Math.Min(0.25, Math.Max(0.001, (double)(until - now) / Stopwatch.Frequency))));
        }

        double cpu = ProcessUsage.CpuSeconds(_options.Pids) - cpuBefore;
        double rss = ProcessUsage.RssMib(_options.Pids);
        pacer?.Join();
        _stopped = true;
        foreach (LoadConnection connection in connections)
            connection.Dispose();
        progress?.Invoke(1);
        return Result(cpu, rss);
    }

    private void Due(long at)
    {
        if (_idle.TryPop(out LoadConnection? connection))
            connection.Begin(at);
        else
        {
            _backlog.Enqueue(at);
            // A connection may have gone idle between the look and the enqueue.
            if (_idle.TryPop(out connection))
                Next(connection);
        }
    }

    private LoadResult Result(double cpuSeconds, double rssMib)
    {
        double seconds = _options.Duration.TotalSeconds;
        return new LoadResult
        {
            Target = _options.Target,
            Scenario = _options.Scenario,
            Stream = _options.Stream,
            RatePerSecond = _options.RatePerSecond,
            Connections = _options.Connections,
            DurationS = seconds,
            Requests = _requests,
            Errors = _errors,
            FirstError = _firstError,
            RequestsPerSecond = Math.Round(_requests / seconds, 1),
            CpuUsPerRequest = _requests == 0 ? 0 : Math.Round(cpuSeconds * 1e6 / _requests, 2),
            CpuUsPerChunk = _chunks == 0 ? 0 : Math.Round(cpuSeconds * 1e6 / _chunks, 2),
            RssMib = Math.Round(rssMib, 1),
            Latency = Quantiles.Of(_latency),
            Ttft = Quantiles.Of(_ttft),
            Itl = Quantiles.Of(_itl),
            ChunkTransit = Quantiles.Of(_transit),
            Chunks = _chunks,
            Goodput = _requests + _errors == 0 ? 0 : Math.Round((double)_good / (_requests + _errors), 4),
        };
    }
}
