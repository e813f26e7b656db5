using RouterDaemon.Cache.Redis;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Relay;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Cache;

/// <summary>
/// The exact response cache: answers of identical requests, in memory and, with Redis, among daemons. Identical requests at the same
/// time are answered by one of them.
/// </summary>
internal sealed class ResponseCache(DeadlineWatch watch, RequestRecorder recorder, RelayOptions options, Clock clock, ILogger log) : IAsyncDisposable
{
    /// <summary>Largest answer that is kept, whatever the cache's size. 4 MiB.</summary>
    private const int LargestEntryBytes = 4 << 20;

    /// <summary>No answer takes more than one of so many parts of the cache.</summary>
    private const int LeastEntries = 8;

    /// <summary>
    /// How many failed leaders a request waits for before it goes on by itself: an upstream that fails slowly must not make the
    /// last of many wait for all before it.
    /// </summary>
    private const int MostFlights = 3;

    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<string, Flight> _flights = new(StringComparer.Ordinal);
    private readonly AnswerStore _store = new(clock.Time);
    private readonly CacheReplay _replay = new(recorder, options, clock);
    private volatile bool _isOn;
    private volatile bool _isShared;
    private volatile int _maxEntryBytes;
    private TimeSpan _timeToLive;
    private Secret? _redisUrl;
    private RedisClient? _redis;
    private long _hits;
    private long _misses;
    private long _coalesced;

    /// <summary>True while answers are kept.</summary>
    public bool IsOn => _isOn;

    /// <summary>Requests answered from what was kept.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Requests that might have been, and were not.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>Requests that waited for an identical one and got its answer.</summary>
    public long Coalesced => Interlocked.Read(ref _coalesced);

    /// <summary>Bytes in memory.</summary>
    public long Bytes => _store.Bytes;

    /// <summary>Answers in memory.</summary>
    public int Entries => _store.Count;

    /// <summary>Null = no Redis is used.</summary>
    public bool? IsRedisUp => Volatile.Read(ref _redis)?.IsUp;

    /// <summary>Largest answer that is kept.</summary>
    public int MaxEntryBytes => _maxEntryBytes;

    /// <summary>Wall clock, milliseconds since 1970.</summary>
    public long NowUnixMs => clock.UnixMicros / 1000;

    /// <summary>The deployment, when the request may be answered by it now; null = it is none of those that the name stands for.</summary>
    public static DeploymentEntry? Find(InferenceCall call, NameTarget target, string deploymentId)
    {
        foreach (var number in target.Candidates.Numbers)
        {
            if (call.Fleet.Snapshot.Deployments[number] is var deployment && deployment.Id == deploymentId)
            {
                // Privacy is a wall here too, when a reload has changed what a backend is trusted with.
                return deployment.Trust >= call.Route.PrivacyFloor && (call.Route.RequiredTags & ~deployment.Tags) == 0 ? deployment : null;
            }
        }

        return null;
    }

    /// <summary>Takes over a configuration, at the start and on reload.</summary>
    public void Apply(RouterdConfig config)
    {
        var cache = config.Cache;
        _timeToLive = cache.TimeToLive;
        _isShared = cache.Shared;
        _maxEntryBytes = (int)Math.Min(LargestEntryBytes, cache.MaxBytes / LeastEntries);
        _store.Configure(cache.Enabled ? cache.MaxBytes : 0, cache.TimeToLive);
        var url = cache.Enabled ? config.SharedState.RedisUrl : null;
        if (!Equals(url, _redisUrl))
        {
            _redisUrl = url;
            UseRedis(url);
        }

        _isOn = cache.Enabled;
    }

    /// <summary>True when the cache has to be asked for this request.</summary>
    public bool Applies(InferenceCall call) => _isOn && CacheKey.IsEligible(call);

    /// <summary>
    /// Answers the request from the cache, or waits for an identical one. False: a deployment must answer, and its answer is recorded
    /// (<see cref="InferenceCall.Recording"/>).
    /// </summary>
    /// <exception cref="ApiException">The request's deadline passed, or the daemon stops, while it waited.</exception>
    public async ValueTask<bool> TryAnswerAsync(InferenceCall call, NameTarget target)
    {
        if (CacheKey.Of(call, _isShared) is not { } key)
        {
            return false;
        }

        for (var waited = 0; ; waited++)
        {
            if (_store.Find(key) is { } kept && Find(call, target, kept.DeploymentId) is { } keeper)
            {
                Interlocked.Increment(ref _hits);
                await _replay.SendAsync(call, kept, keeper).ConfigureAwait(false);
                return true;
            }

            var flight = waited < MostFlights ? Board(key, out var leads) : Alone(out leads);
            if (leads)
            {
                call.Recording = new AnswerRecording(this, key, flight, target);
                return await LeadAsync(call, key, target).ConfigureAwait(false);
            }

            if (await FollowAsync(call, flight!).ConfigureAwait(false) is { } answer && Find(call, target, answer.DeploymentId) is { } answerer)
            {
                Interlocked.Increment(ref _coalesced);
                await _replay.SendAsync(call, answer, answerer).ConfigureAwait(false);
                return true;
            }

            if (flight!.IsTooLarge)
            {
                waited = MostFlights;
            }
        }
    }

    /// <summary>Keeps a whole answer, here and in Redis.</summary>
    public void Keep(string key, CachedAnswer answer)
    {
        if (_isOn)
        {
            _store.Add(key, answer);
            Volatile.Read(ref _redis)?.Set(key, answer, _timeToLive);
        }
    }

    /// <summary>A flight has ended: the next identical request begins a new one.</summary>
    public void Land(string key, Flight flight)
    {
        lock (_flights)
        {
            if (_flights.TryGetValue(key, out var current) && current == flight)
            {
                _flights.Remove(key);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _redis, null) is { } redis)
        {
            await redis.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static Flight? Alone(out bool leads)
    {
        leads = true;
        return null;
    }

    private Flight Board(string key, out bool leads)
    {
        lock (_flights)
        {
            leads = !_flights.TryGetValue(key, out var flight);
            if (leads)
            {
                _flights.Add(key, flight = new Flight());
            }

            return flight!;
        }
    }

    /// <summary>The first of identical requests: what came in between its look and its lead, or another daemon's answer, else a deployment's.</summary>
    private async ValueTask<bool> LeadAsync(InferenceCall call, string key, NameTarget target)
    {
        var answer = _store.Find(key);
        if (answer is null && Volatile.Read(ref _redis) is { } redis && await redis.GetAsync(key).ConfigureAwait(false) is { } shared
            && shared.IsStream == call.Peek.Stream)
        {
            answer = shared;
            _store.Add(key, shared);
        }

        if (answer is null || Find(call, target, answer.DeploymentId) is not { } deployment)
        {
            Interlocked.Increment(ref _misses);
            return false;
        }

        Interlocked.Increment(ref _hits);
        call.Recording!.Complete(answer);
        await _replay.SendAsync(call, answer, deployment).ConfigureAwait(false);
        return true;
    }

    /// <summary>Waits for the answer of another request, within this one's own deadline; null = there is none to share.</summary>
    private async ValueTask<CachedAnswer?> FollowAsync(InferenceCall call, Flight flight)
    {
        if (call.Peek.Stream)
        {
            call.OutputOf(options.KeepAliveInterval);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Context.Http.RequestAborted, watch.Stopping);
        while (true)
        {
            var left = clock.Until(call.DeadlineTimestamp);
            if (left <= TimeSpan.Zero)
            {
                throw new ApiException(ApiError.Deadline("The request's deadline passed while an identical request was being answered."));
            }

            var wait = left < options.KeepAliveInterval ? left : options.KeepAliveInterval;
            try
            {
                return await flight.Ended.WaitAsync(wait > LeastWait ? wait : LeastWait, clock.Time, either.Token).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                call.Output?.KeepAliveIfSilent(clock.Timestamp);
            }
            catch (OperationCanceledException) when (watch.Stopping.IsCancellationRequested)
            {
                throw new ApiException(FinalErrors.InStream(RelayError.ShuttingDown, "The daemon is stopping."));
            }
        }
    }

    private void UseRedis(Secret? url)
    {
        RedisClient? next = null;
        if (url is not null)
        {
            if (RedisAddress.TryParse(url, out var address))
            {
                next = new RedisClient(address, clock.Time, log);
            }
            else
            {
                Log.Warning(log, "the URL of Redis is not used: it must be redis://[user:password@]host[:port][/database], or rediss://");
            }
        }

        if (Interlocked.Exchange(ref _redis, next) is { } old)
        {
            _ = old.DisposeAsync().AsTask();
        }

        next?.Start();
    }
}
