using System.Net.Http.Headers;
using System.Text;
using RouterDaemon.Backends;
using RouterDaemon.Backends.Gauges;
using RouterDaemon.Config;
using RouterDaemon.Relay;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Fleet;

/// <summary>
/// Polls the metrics pages that <c>backends[].metrics</c> names and tells the deployments' states. Polled gauges are slow: decisions use them only
/// where the daemon's own measurements are silent, and not at all once they are older than <see cref="LifeInIntervals"/> polls (2 s at least).
/// </summary>
internal sealed class GaugePoller : IAsyncDisposable
{
    /// <summary>Polls after which a gauge is stale.</summary>
    public const int LifeInIntervals = 3;

    private const int MaxPageBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Resolution = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpMessageInvoker _http = UpstreamHttp.Create(Timeout);
    private readonly Dictionary<string, long> _due = new(StringComparer.Ordinal);
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private readonly FleetManager _fleet;
    private readonly Clock _clock;
    private readonly ILogger _log;
    private Task _loop = Task.CompletedTask;

    public GaugePoller(FleetManager fleet, Clock clock, ILogger log) => (_fleet, _clock, _log) = (fleet, clock, log);

    /// <summary>Begins to poll.</summary>
    public void Start() => _loop = LoopAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        var running = new Dictionary<string, Task>(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                var next = _clock.After(TimeSpan.FromSeconds(1));
                foreach (var backend in _fleet.Current.Config.Backends)
                {
                    if (backend.Metrics is not { Url: not null } source || (running.TryGetValue(backend.Id, out var poll) && !poll.IsCompleted))
                    {
                        continue;
                    }

                    if (_clock.Timestamp >= _due.GetValueOrDefault(backend.Id))
                    {
                        _due[backend.Id] = _clock.After(source.Interval);
                        running[backend.Id] = PollAsync(backend.Id, source);
                    }

                    next = Math.Min(next, _due[backend.Id]);
                }

                var pause = _clock.Until(next);
                await Task.Delay(pause > Resolution ? pause : Resolution, _clock.Time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }

        await Task.WhenAll(running.Values).ConfigureAwait(false);
    }

    private async Task PollAsync(string backend, MetricsSourceConfig source)
    {
        try
        {
            var page = await ReadAsync(source).ConfigureAwait(false);
            var heard = false;
            foreach (var entry in _fleet.Current.Snapshot.Deployments)
            {
                if (entry.BackendId != backend || GaugePage.Read(page, entry.UpstreamModel) is not { IsEmpty: false } load)
                {
                    continue;
                }

                heard = true;
                var now = _clock.NowNs;
                entry.State.SetGauges(load.Waiting, load.Running, load.KvUsage, now, source.Interval * LifeInIntervals > ShortestLife ? source.Interval * LifeInIntervals : ShortestLife);
                if (load.ReadyEndpoints == 0)
                {
                    // Nobody is there to answer; the next poll says so again or lets it run out.
                    entry.State.MarkDown(now + (long)(source.Interval.TotalSeconds * 1.5e9));
                }
            }

            Report(backend, heard ? null : "the page has no gauge that is known");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            if (!_stop.IsCancellationRequested)
            {
                Report(backend, e is HttpRequestException { StatusCode: { } status } ? $"status {(int)status}" : e is OperationCanceledException ? "no answer in time" : "no connection");
            }
        }
    }

    private async Task<string> ReadAsync(MetricsSourceConfig source)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(Timeout);
        using var request = new HttpRequestMessage(HttpMethod.Get, source.Url);
        if (source.Token is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        }

        using var response = await _http.SendAsync(request, limit.Token).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        await response.Content.LoadIntoBufferAsync(MaxPageBytes, limit.Token).ConfigureAwait(false);
        return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false));
    }

    // Said once for each outage, not once for each poll.
    private void Report(string backend, string? fault)
    {
        lock (_failed)
        {
            if (fault is null)
            {
                _failed.Remove(backend);
            }
            else if (_failed.Add(backend))
            {
                Log.GaugesFailed(_log, backend, fault);
            }
        }
    }
}
