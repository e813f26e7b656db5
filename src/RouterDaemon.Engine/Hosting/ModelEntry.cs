using RouterDaemon.Engine.Isolation;
using RouterDaemon.Engine.Scheduling;

namespace RouterDaemon.Engine.Hosting;

/// <summary>
/// A configured model over its life: loaded on demand by one shared load, kept while in use, unloaded <c>KeepAlive</c> after its last
/// use.
/// </summary>
internal sealed class ModelEntry : IAsyncDisposable
{
    private const double ServiceWeight = 0.2;

    private readonly IEngineLog _log;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<string>? _childCommand;
    private readonly RestartPause _restarts = new();
    private readonly Lock _gate = new();
    private readonly ITimer _expiry;
    private Task<IModel>? _load;
    private CancellationTokenSource? _loadCancel;
    private IModel? _loaded;
    private TaskCompletionSource? _unloaded;
    private LoopSnapshot _loop;
    private EngineModelStatus _status;
    private int _users;
    private int _requests;
    private bool _retired;
    private bool _unloadWhenIdle;
    private float _fraction;
    private double _serviceMs = 1000;
    private double _lastLoadMs;
    private DateTimeOffset? _expiresAt;
    private string? _loadError;

    /// <param name="options">The model as configured.</param>
    /// <param name="log">Told of loads and failures.</param>
    /// <param name="time">Clock.</param>
    /// <param name="childCommand">Runs a model's process; null = every model runs here.</param>
    public ModelEntry(EngineModelOptions options, IEngineLog log, TimeProvider time, IReadOnlyList<string>? childCommand)
    {
        _childCommand = childCommand;
        Options = options;
        _log = log;
        _time = time;
        _expiry = time.CreateTimer(static entry => ((ModelEntry)entry!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _status = new EngineModelStatus { Id = options.Id, Path = options.Path, Slots = options.Slots, FreeSlots = options.Slots, ContextTokens = options.ContextTokens, Adapters = options.Adapters };
    }

    public EngineModelOptions Options { get; }

    public EngineModelStatus Status => Volatile.Read(ref _status);

    /// <summary>The model while it is loaded, for a look at it: its <c>KeepAlive</c> runs on, and it may be unloaded meanwhile.</summary>
    public IModel? Loaded
    {
        get
        {
            lock (_gate)
                return _loaded;
        }
    }

    /// <summary>Takes a place for a request, which <see cref="LeaveQueue"/> gives back.</summary>
    /// <exception cref="EngineException">The queue is full.</exception>
    public void EnterQueue()
    {
        lock (_gate)
        {
            if (_requests >= Options.Slots + Options.QueueLimit)
            {
                double seconds = Math.Clamp(Math.Ceiling(_serviceMs / 1000 * (_requests - Options.Slots + 1) / Options.Slots), 1, 60);
                throw new EngineException(
                    EngineErrorKind.QueueFull, $"model {Options.Id} has {_requests - Options.Slots} requests waiting, the limit is {Options.QueueLimit}")
                {
                    RetryAfter = TimeSpan.FromSeconds(seconds),
                };
            }
            _requests++;
            PublishLocked();
        }
    }

    public void LeaveQueue(long submittedAt)
    {
        double ms = _time.GetElapsedTime(submittedAt).TotalMilliseconds;
        lock (_gate)
        {
            _requests--;
            _serviceMs += ServiceWeight * (ms - _serviceMs);
            PublishLocked();
        }
    }

    /// <summary>The loaded model, loaded first when needed. Every success is followed by one <see cref="Release"/>.</summary>
    public async ValueTask<IModel> AcquireAsync(CancellationToken ct)
    {
        Task<IModel> load;
        lock (_gate)
        {
            _users++;
            CancelExpiryLocked();
            if (_loaded is { } ready)
                return ready;
            load = _load ??= StartLoadLocked();
        }
        try
        {
            return await load.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Release();
            // The load was given up because everybody else had left just before this caller came: once more, from the start.
            return await AcquireAsync(ct).ConfigureAwait(false);
        }
        catch
        {
            Release();
            throw;
        }
    }

    public void Release()
    {
        lock (_gate)
        {
            if (--_users > 0)
                return;
            if (_load is not null)
                _loadCancel?.Cancel();
            if (_loaded is not null)
                ScheduleExpiryLocked();
        }
    }

    /// <summary>Unloads once nothing uses the model, at once when nothing does.</summary>
    public Task UnloadAsync()
    {
        lock (_gate)
        {
            if (_loaded is null && _load is null)
                return Task.CompletedTask;
            _unloadWhenIdle = true;
            TaskCompletionSource done = _unloaded ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_users == 0 && _loaded is not null)
                UnloadLocked();
            return done.Task;
        }
    }

    /// <summary>The model is no longer configured: it goes as soon as it is idle.</summary>
    public Task RetireAsync()
    {
        lock (_gate)
            _retired = true;
        return UnloadAsync();
    }

    /// <summary>Ends what runs and unloads.</summary>
    public async ValueTask DisposeAsync()
    {
        Task unloaded;
        lock (_gate)
        {
            _retired = true;
            _loadCancel?.Cancel();
            unloaded = UnloadAsync();
            if (_loaded is not null)
                UnloadLocked();
        }
        await unloaded.ConfigureAwait(false);
        await _expiry.DisposeAsync().ConfigureAwait(false);
    }

    private Task<IModel> StartLoadLocked()
    {
        CancellationTokenSource cancel = _loadCancel = new CancellationTokenSource();
        _fraction = 0;
        Task<IModel> task = Task.Factory.StartNew(
            () => Load(cancel.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _load = task;
        PublishLocked();
        return task;
    }

    private IModel Load(CancellationToken cancel)
    {
        long started = _time.GetTimestamp();
        IModel? model = null;
        Exception? failure = null;
        try
        {
            _log.Write(EngineLogLevel.Info, $"loading {Options.Id} from {Options.Path}");
            model = LoadHere(cancel);
            return model;
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            Finish(model, failure, _time.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private IModel LoadHere(CancellationToken cancel)
    {
        // A process that keeps ending is not started again and again without a pause.
        if (_restarts.Delay(_time.GetUtcNow()) is var delay && delay > TimeSpan.Zero && cancel.WaitHandle.WaitOne(delay))
            throw new OperationCanceledException();
        return _childCommand is not null && IsIsolated()
            ? ProcessModel.LoadAsync(_childCommand, Options, _log, f => Progress(f, cancel), OnLoop, OnCrash).GetAwaiter().GetResult()
            : LoadedModel.Load(Options, _time, f => Progress(f, cancel), OnLoop, OnCrash);
    }

    /// <summary>
    /// Left to the engine, a model that puts layers on a GPU gets a process of its own: its memory comes back only with the process, and
    /// drivers fail more often than processors do. On the CPU a process costs a copy of each token and brings little.
    /// </summary>
    private bool IsIsolated() => Options.Isolation switch
    {
        EngineIsolation.Process => true,
        EngineIsolation.None => false,
        _ => Options.GpuLayers != 0 && Native.LlamaLibrary.Probe(null).Devices.Any(d => d.IsGpu),
    };

    private void Finish(IModel? model, Exception? failure, double ms)
    {
        lock (_gate)
        {
            _load = null;
            _loadCancel?.Dispose();
            _loadCancel = null;
            _loaded = model;
            if (failure is not OperationCanceledException)
                _loadError = failure?.Message;
            if (model is not null)
            {
                _lastLoadMs = ms;
                _loop = new LoopSnapshot(0, 0, 0, null);
                if (_users == 0)
                    ScheduleExpiryLocked();
            }
            else
            {
                CompleteUnloadLocked();
            }
            PublishLocked();
        }
        if (model is not null)
        {
            _log.Write(EngineLogLevel.Info, $"loaded {Options.Id} in {ms:F0} ms: {model.Facts.ContextTokens} tokens for each of {Options.Slots} slots, {model.ResidentBytes >> 20} MiB");
            if (model.TemplateProblem is { } problem)
                _log.Write(EngineLogLevel.Warning, $"{Options.Id}: {problem}; requests with messages will be refused, prompts work");
        }
        else if (failure is OperationCanceledException)
        {
            _log.Write(EngineLogLevel.Info, $"gave up loading {Options.Id}: nobody waits for it");
        }
        else
        {
            _log.Write(EngineLogLevel.Error, failure!.Message);
        }
    }

    private bool Progress(float fraction, CancellationToken cancel)
    {
        if (fraction - _fraction >= 0.01f || fraction >= 1)
        {
            _log.LoadProgress(Options.Id, fraction);
            lock (_gate)
            {
                _fraction = fraction;
                PublishLocked();
            }
        }
        return !cancel.IsCancellationRequested;
    }

    private void ScheduleExpiryLocked()
    {
        if (_retired || _unloadWhenIdle || Options.KeepAlive == TimeSpan.Zero)
        {
            UnloadLocked();
        }
        else if (Options.KeepAlive != Timeout.InfiniteTimeSpan)
        {
            _expiresAt = _time.GetUtcNow() + Options.KeepAlive;
            _expiry.Change(Options.KeepAlive, Timeout.InfiniteTimeSpan);
            PublishLocked();
        }
    }

    private void CancelExpiryLocked()
    {
        if (_expiresAt is null)
            return;
        _expiresAt = null;
        _expiry.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        PublishLocked();
    }

    private void Expire()
    {
        lock (_gate)
        {
            if (_users == 0 && _loaded is not null && _expiresAt is { } at && _time.GetUtcNow() >= at)
                UnloadLocked();
        }
    }

    private void UnloadLocked()
    {
        IModel model = _loaded!;
        _loaded = null;
        _expiresAt = null;
        PublishLocked();
        // Joins the inference thread, which may be the caller: never here.
        _ = Task.Run(() =>
        {
            model.Dispose();
            _log.Write(EngineLogLevel.Info, $"unloaded {Options.Id}");
            lock (_gate)
                CompleteUnloadLocked();
        });
    }

    private void CompleteUnloadLocked()
    {
        _unloadWhenIdle = false;
        _unloaded?.TrySetResult();
        _unloaded = null;
    }

    private void OnLoop(LoopSnapshot snapshot)
    {
        lock (_gate)
        {
            _loop = snapshot;
            PublishLocked();
        }
    }

    private void OnCrash(Exception error)
    {
        _log.Write(EngineLogLevel.Error, $"{Options.Id}: {(error is EngineException ? error.Message : error.ToString())}");
        lock (_gate)
        {
            _restarts.Count(_time.GetUtcNow());
            _loadError = error.Message;
            if (_loaded is not null)
                UnloadLocked();
            if (Options.Preload && !_retired && _load is null)
                StartLoadLocked();
        }
    }

    private void PublishLocked()
    {
        int active = _loaded is null ? 0 : _loop.Active;
        Volatile.Write(ref _status, new EngineModelStatus
        {
            Id = Options.Id,
            Path = Options.Path,
            Adapters = Options.Adapters,
            Resident = _loaded is not null,
            Loading = _load is not null,
            LoadFraction = _load is not null ? _fraction : 0,
            Slots = Options.Slots,
            FreeSlots = Math.Max(0, Options.Slots - active),
            Active = active,
            QueueDepth = Math.Max(0, _requests - active),
            LastLoadMs = _lastLoadMs,
            ContextTokens = _loaded?.Facts.ContextTokens ?? Options.ContextTokens,
            ResidentBytes = _loaded?.ResidentBytes ?? 0,
            ExpiresAt = _expiresAt,
            Threads = _loop.Threads,
            DraftTokens = _loop.DraftTokens,
            AcceptedDraftTokens = _loop.AcceptedDraftTokens,
            PrefixCacheBytes = _loop.PrefixCacheBytes,
            LastError = _loadError ?? (_loaded is null ? null : _loop.LastError),
            TemplateWarning = _loaded?.TemplateProblem,
        });
    }
}
