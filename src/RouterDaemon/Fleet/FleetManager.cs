using System.Collections.Concurrent;
using RouterDaemon.Backends;
using RouterDaemon.Backends.OnDevice;
using RouterDaemon.Config;
using RouterDaemon.Core.State;
using RouterDaemon.Engine;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Fleet;

/// <summary>
/// Owns the fleet: configuration, models folder and discovery in; one immutable <see cref="FleetState"/> out, swapped whole.
/// What was learnt of a deployment outlives every swap.
/// </summary>
internal sealed class FleetManager : IAsyncDisposable
{
    private static readonly TimeSpan DiscoveryPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DiscoveryRetry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FolderPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, DeploymentState> _states = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<DiscoveredModel>> _discovered = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (BackendConfig Config, Backend Backend)> _remotes = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly EngineHost _engine;
    private readonly OnDeviceBackend _device;
    private readonly ModelFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private IReadOnlyDictionary<string, EstimatorSnapshot> _learnt = new Dictionary<string, EstimatorSnapshot>();
    private RouterdConfig _config;
    private IReadOnlyList<OnDeviceModelConfig> _models = [];
    private IReadOnlyList<BackendConfig> _joined = [];
    private bool _nativeAvailable = true;
    private long _generation;
    private FleetState _current;
    private Task _watching = Task.CompletedTask;
    private TaskCompletionSource _backendsChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FleetManager(RouterdConfig config, EngineHost engine, TimeProvider time, ILogger log)
    {
        _engine = engine;
        _time = time;
        _log = log;
        _files = new ModelFiles(log);
        _config = config;
        _device = new OnDeviceBackend(engine, time) { Id = OnDeviceBackend.LocalId, Timeouts = new TimeoutsConfig() };
        _current = Apply(config);
    }

    /// <summary>What may be spent.</summary>
    public Budgets Budgets { get; } = new();

    /// <summary>The fleet now. Read it once per request.</summary>
    public FleetState Current => Volatile.Read(ref _current);

    /// <summary>Takes over a configuration; deployments that stay keep their connections and what was learnt.</summary>
    public FleetState Apply(RouterdConfig config)
    {
        lock (_lock)
        {
            _config = config;
            _models = ModelsOf(config);
            SyncRemotes(config);
            Budgets.Apply(config.Budgets);
            _engine.SetModels([.. _models.Select(ToEngine)]);
            return Rebuild();
        }
    }

    /// <summary>Takes over the agents that joined; what is configured comes first, and nothing of theirs goes by a name that is.</summary>
    public void SetJoined(IReadOnlyList<BackendConfig> joined)
    {
        lock (_lock)
        {
            _joined = joined;
            SyncRemotes(_config);
            Rebuild();
        }
    }

    /// <summary>Says whether llama.cpp could be loaded; without it the fleet has no on-device deployments.</summary>
    public void SetNativeAvailable(bool available)
    {
        lock (_lock)
        {
            if (_nativeAvailable != available)
            {
                _nativeAvailable = available;
                Rebuild();
            }
        }
    }

    /// <summary>Starts deployments from what an earlier run learnt. Returns how many of the present ones did.</summary>
    public int Restore(IReadOnlyDictionary<string, EstimatorSnapshot> learnt)
    {
        _learnt = learnt;
        var restored = 0;
        foreach (var (id, state) in _states)
        {
            restored += state.TtftSamples == 0 && learnt.TryGetValue(id, out var snapshot) && state.Import(snapshot) ? 1 : 0;
        }

        return restored;
    }

    /// <summary>Tells the on-device deployments' states what the engine knows exactly. Cheap enough for every request.</summary>
    public void RefreshOnDevice(FleetState state)
    {
        foreach (var entry in state.Snapshot.Deployments)
        {
            if (entry.OnDevice && _engine.TryGetStatus(entry.UpstreamModel, out var status))
            {
                entry.State.SetResidency(status.Resident, status.FreeSlots, status.QueueDepth, status.LastLoadMs > 0 ? status.LastLoadMs : 500);
            }
        }
    }

    /// <summary>Begins to watch the models folder and to list the models of backends that have none configured.</summary>
    public void StartWatching() => _watching = Task.WhenAll(WatchFolderAsync(), DiscoverAsync());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        foreach (var (_, backend) in _remotes.Values)
        {
            await backend.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private static IReadOnlyList<OnDeviceModelConfig> ModelsOf(RouterdConfig config)
    {
        var models = config.Models.ToList();
        foreach (var found in ModelsFolder.Scan(config.ModelsDirectory))
        {
            // A configured file keeps the name it was given.
            if (models.TrueForAll(m => m.Id != found.Id && m.FilePath != found.FilePath))
            {
                models.Add(found);
            }
        }

        return models;
    }

    /// <summary>A model as the engine is told of it.</summary>
    public static EngineModelOptions ToEngine(OnDeviceModelConfig model) => new()
    {
        Id = model.Id,
        Path = model.FilePath,
        ContextTokens = model.ContextTokens,
        Slots = model.Slots,
        GpuLayers = model.GpuLayers,
        KeepAlive = model.KeepAlive,
        Preload = model.Preload,
        Deterministic = model.Deterministic,
        QueueLimit = model.QueueLimit,
        PrefixCacheBytes = model.PrefixCacheBytes,
        Speculation = model.Speculative switch
        {
            SpeculativeMode.Always => SpeculationMode.Always,
            SpeculativeMode.Off => SpeculationMode.Off,
            _ => SpeculationMode.Auto,
        },
        DraftPath = model.DraftFilePath,
        Adapters = new AdapterFiles(model.Lora.Select(l => new AdapterFile(l.FilePath, (float)l.Scale))),
        Pooling = ModelFiles.PoolingOf(model),
        Isolation = model.Isolation switch
        {
            IsolationMode.None => EngineIsolation.None,
            IsolationMode.Process => EngineIsolation.Process,
            _ => EngineIsolation.Auto,
        },
        Threads = model.Threads,
    };

    private void SyncRemotes(RouterdConfig config)
    {
        var backends = BackendsOf(config);
        var isNew = false;
        foreach (var backend in backends)
        {
            if (_remotes.TryGetValue(backend.Id, out var known) && known.Config == backend)
            {
                continue;
            }

            if (BackendTable.Create(backend) is { } created)
            {
                // A replaced backend is not disposed: requests may still run on it, and its connections close when idle.
                _remotes[backend.Id] = (backend, created);
                isNew = true;
            }
            else
            {
                Log.Warning(_log, $"backend {backend.Id}: kind {FleetBuilder.KindName(backend.Kind)} is not served by this version; it is left out");
            }
        }

        if (isNew)
        {
            // What they serve is listed now, not when it is time again.
            _backendsChanged.SetResult();
            _backendsChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        foreach (var gone in _remotes.Keys.Except(backends.Select(b => b.Id)).ToList())
        {
            _remotes.Remove(gone);
            _discovered.TryRemove(gone, out _);
        }
    }

    private List<BackendConfig> BackendsOf(RouterdConfig config) =>
        [.. config.Backends, .. _joined.Where(j => config.Backends.All(b => b.Id != j.Id))];

    private FleetState Rebuild()
    {
        var builder = new FleetBuilder(_config, ++_generation, Budgets, StateOf);
        foreach (var backend in _config.Backends)
        {
            if (_remotes.TryGetValue(backend.Id, out var remote))
            {
                builder.AddRemote(backend, remote.Backend, _discovered.GetValueOrDefault(backend.Id) ?? []);
            }
        }

        if (_nativeAvailable)
        {
            foreach (var model in _models)
            {
                var context = _engine.TryGetStatus(model.Id, out var status) && status.Resident ? status.ContextTokens : model.ContextTokens;
                builder.AddOnDevice(model, _device, context, _files.TraitsOf(model));
            }
        }

        foreach (var backend in _joined)
        {
            if (_remotes.TryGetValue(backend.Id, out var remote) && remote.Config == backend)
            {
                builder.AddJoined(backend, remote.Backend, _discovered.GetValueOrDefault(backend.Id) ?? []);
            }
        }

        var state = builder.Build();
        Volatile.Write(ref _current, state);
        if (_log.IsEnabled(LogLevel.Information))
        {
            Log.FleetChanged(_log, state.Snapshot.Deployments.Length, string.Join(", ", state.Snapshot.Deployments.Take(12).Select(d => d.Id)));
        }

        return state;
    }

    private DeploymentState StateOf(string id, EstimatorPriors priors) => _states.GetOrAdd(id, _ =>
    {
        var state = new DeploymentState(priors);
        if (_learnt.TryGetValue(id, out var snapshot))
        {
            state.Import(snapshot);
        }

        return state;
    });

    private async Task WatchFolderAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(FolderPeriod, _time, _stop.Token).ConfigureAwait(false);
                lock (_lock)
                {
                    var models = ModelsOf(_config);
                    if (!models.SequenceEqual(_models) || _files.HaveChanged(models))
                    {
                        _models = models;
                        _engine.SetModels([.. models.Select(ToEngine)]);
                        Rebuild();
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task DiscoverAsync()
    {
        var failed = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                var pause = DiscoveryPeriod;
                List<(string Id, Backend Backend)> wanted;
                Task changed;
                lock (_lock)
                {
                    changed = _backendsChanged.Task;
                    wanted = [.. _remotes.Where(r => r.Value.Config.Deployments is null).Select(r => (r.Key, r.Value.Backend))];
                }

                foreach (var (id, backend) in wanted)
                {
                    if (!await DiscoverOneAsync(id, backend, failed).ConfigureAwait(false))
                    {
                        pause = DiscoveryRetry;
                    }
                }

                await Task.WhenAny(Task.Delay(pause, _time, _stop.Token), changed).ConfigureAwait(false);
                _stop.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task<bool> DiscoverOneAsync(string id, Backend backend, HashSet<string> failed)
    {
        try
        {
            var models = await backend.DiscoverAsync(_stop.Token).ConfigureAwait(false);
            failed.Remove(id);
            if (_discovered.TryGetValue(id, out var before) && before.SequenceEqual(models))
            {
                return true;
            }

            _discovered[id] = models;
            Log.Discovered(_log, id, models.Count);
            lock (_lock)
            {
                Rebuild();
            }

            return true;
        }
        catch (UpstreamException e)
        {
            // Said once; what was discovered before stays until the backend says otherwise.
            if (failed.Add(id))
            {
                Log.DiscoveryFailed(_log, id, e.Message);
            }

            return false;
        }
    }
}
