using System.Buffers;
using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Http;

namespace RouterDaemon.Telemetry.Tracing;

/// <summary>
/// Sends spans to a collector as OTLP over HTTP in JSON. Bounded everywhere: a full queue drops the newest spans and counts them, a batch that
/// cannot be delivered is given up after some tries, and stopping waits for a few seconds at most. Requests never wait for it.
/// </summary>
internal sealed class OtlpExporter : IAsyncDisposable
{
    /// <summary>Most spans that wait.</summary>
    public const int MaxQueuedSpans = 2048;

    /// <summary>Most spans of one message, the last trace's further ones apart.</summary>
    public const int BatchSpans = 512;

    private const int MaxTries = 4;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(3);

    private readonly ConcurrentQueue<RequestTrace> _queue = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly SemaphoreSlim _full = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopLimit = new();
    private readonly HttpMessageInvoker _http = UpstreamHttp.Create(TimeSpan.FromSeconds(5));
    private readonly ILogger _log;
    private readonly Task _loop;
    private int _queuedSpans;
    private int _isAwake;
    private long _exported;
    private long _dropped;
    private bool _isFailing;

    public OtlpExporter(ILogger log)
    {
        _log = log;
        _loop = LoopAsync();
    }

    /// <summary>Spans that a collector took.</summary>
    public long Exported => Volatile.Read(ref _exported);

    /// <summary>Spans that found the queue full, or that no collector took.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Takes the spans of a request, or drops them. Never waits.</summary>
    public void Add(RequestTrace trace)
    {
        var spans = SpansOf(trace);
        var queued = Interlocked.Add(ref _queuedSpans, spans);
        if (queued > MaxQueuedSpans)
        {
            Interlocked.Add(ref _queuedSpans, -spans);
            Interlocked.Add(ref _dropped, spans);
            return;
        }

        _queue.Enqueue(trace);
        if (Interlocked.Exchange(ref _isAwake, 1) == 0)
        {
            _wake.Release();
        }

        if (queued >= BatchSpans && queued - spans < BatchSpans)
        {
            _full.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _stopLimit.CancelAfter(StopLimit);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _http.Dispose();
        _stop.Dispose();
        _stopLimit.Dispose();
        _wake.Dispose();
        _full.Dispose();
    }

    private static int SpansOf(RequestTrace trace) => 1 + trace.Attempts.Count;

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                // Without spans there is no timer either.
                await _wake.WaitAsync(_stop.Token).ConfigureAwait(false);
                await _full.WaitAsync(Interval, _stop.Token).ConfigureAwait(false);
                // First this, then the queue: what is added later wakes the loop again.
                Interlocked.Exchange(ref _isAwake, 0);
                await FlushAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: what is queued still goes out, within the limit.
            await FlushAsync().ConfigureAwait(false);
        }
    }

    private async Task FlushAsync()
    {
        while (_queue.TryPeek(out var first))
        {
            var url = first.Config.Telemetry.OtlpUrl!;
            var body = new ArrayBufferWriter<byte>(64 * 1024);
            var spans = Take(url, body);
            Interlocked.Add(ref _queuedSpans, -spans);
            var fault = await SendAsync(url, body.WrittenMemory).ConfigureAwait(false);
            // A socket's thread may have brought the answer; it has requests to serve.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            Interlocked.Add(ref fault is null ? ref _exported : ref _dropped, spans);
            if (fault is not null && !_isFailing)
            {
                Log.TracesFailed(_log, url.Authority, fault);
            }

            _isFailing = fault is not null;
        }
    }

    /// <summary>Writes queued traces that go to one collector, up to a batch. Returns the number of their spans.</summary>
    private int Take(Uri url, ArrayBufferWriter<byte> body)
    {
        using var json = new Utf8JsonWriter(body, JsonDefaults.Writer);
        var writer = new SpanWriter(json);
        writer.Begin();
        var spans = 0;
        while (spans < BatchSpans && _queue.TryPeek(out var next) && next.Config.Telemetry.OtlpUrl == url && _queue.TryDequeue(out var trace))
        {
            writer.Write(trace);
            spans += SpansOf(trace);
        }

        writer.End();
        return spans;
    }

    /// <summary>Delivers a message; what went wrong, or null.</summary>
    private async Task<string?> SendAsync(Uri url, ReadOnlyMemory<byte> body)
    {
        var target = url.AbsolutePath.EndsWith("/v1/traces", StringComparison.Ordinal) ? url : new Uri($"{url.AbsoluteUri.TrimEnd('/')}/v1/traces");
        var backoff = FirstBackoff;
        for (var attempt = 1; ; attempt++)
        {
            var result = await PostAsync(target, body).ConfigureAwait(false);
            if (result is null || !result.MayRetry || attempt == MaxTries)
            {
                return result?.Fault;
            }

            var pause = result.Pause > backoff ? result.Pause : backoff;
            backoff *= 2;
            try
            {
                // A stopping daemon tries once more at once, and that is all.
                await Task.Delay(pause < LongestPause ? pause : LongestPause, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return (await PostAsync(target, body).ConfigureAwait(false))?.Fault;
            }
        }
    }

    private async Task<ExportFault?> PostAsync(Uri target, ReadOnlyMemory<byte> body)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopLimit.Token);
        limit.CancelAfter(SendLimit);
        using var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var response = await _http.SendAsync(request, limit.Token).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            return status is >= 200 and <= 299
                ? null
                : new ExportFault($"it answered {status}", status is 429 or 502 or 503 or 504, response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return new ExportFault(e is OperationCanceledException ? "it did not answer in time" : e.Message, !_stopLimit.IsCancellationRequested, TimeSpan.Zero);
        }
    }
}
