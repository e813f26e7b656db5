using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using RouterDaemon.Agents.Mcp;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Backends;
using RouterDaemon.Cache;
using RouterDaemon.Cli;
using RouterDaemon.Config;
using RouterDaemon.Core.Routing;
using RouterDaemon.Engine;
using RouterDaemon.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Http.Admin;
using RouterDaemon.Http.Anthropic;
using RouterDaemon.Http.Context;
using RouterDaemon.Http.LocalAgent;
using RouterDaemon.Http.Ollama;
using RouterDaemon.Http.OpenAi;
using RouterDaemon.Inference;
using RouterDaemon.Keys;
using RouterDaemon.Relay;
using RouterDaemon.Relay.Translation.Responses;
using RouterDaemon.Service;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Journal;
using RouterDaemon.Telemetry;
using RouterDaemon.Telemetry.Sections;
using RouterDaemon.Telemetry.Tracing;
using RouterDaemon.Transport;

namespace RouterDaemon;

/// <summary>The daemon: parts are made in order and stopped in reverse.</summary>
internal sealed class Daemon : IAsyncDisposable
{
    private readonly ServeOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _log;
    private readonly Clock _clock;
    private readonly RequestJournal _journal;
    private readonly ContextReader _contextReader;
    private readonly KeyRegistry _keys;
    private readonly EngineHost _engine;
    private readonly FleetManager _fleet;
    private readonly JoinedAgents _joined;
    private readonly AgentJoin _join;
    private readonly QualityLearner _quality;
    private readonly DecisionRecorder _decisions;
    private readonly OtlpExporter _traces;
    private readonly DeadlineWatch _watch;
    private readonly ResponseCache _cache;
    private readonly RelayOptions _relayOptions = new();
    private readonly Listeners _listeners;
    private readonly IdleCollector _idleCollector;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _nativeAvailable;
    private ContextStore? _store;
    private JournalDrain? _drain;
    private FleetReporter? _reporter;
    private GaugePoller? _gauges;
    private BudgetKeeper? _budgets;
    private KeyKeeper? _keyKeeper;
    private StoreCleaner? _cleaner;

    private Daemon(ServeOptions options, TimeProvider time)
    {
        var config = options.Loaded.Config;
        _options = options;
        _loggers = LogSetup.Create(config.Log);
        _log = _loggers.CreateLogger("routerd");
        _clock = new Clock(time);
        _journal = RequestJournal.Open(Path.Combine(config.DataDirectory, "journal"));
        _contextReader = new ContextReader(config.EffectiveContextDatabasePath, time);
        _keys = new KeyRegistry(config.EffectiveModelsDatabasePath, time);
        _engine = new EngineHost(new EngineLog(_log), time, EngineVerb.Command());
        _fleet = new FleetManager(config, _engine, time, _log);
        _joined = new JoinedAgents(_fleet.SetJoined, time, _log);
        _join = new AgentJoin(UpstreamHttp.Create(new TimeoutsConfig().Connect), time, _log);
        _quality = new QualityLearner(_fleet);
        _watch = new DeadlineWatch(time, _relayOptions.WatchInterval);
        var router = new Router(new RouterOptions { Policy = config.Routing.Policy });
        ContextReader.GiveWayTo(() => router.Decisions);
        _idleCollector = new IdleCollector(time, () => router.Decisions);
        _decisions = new DecisionRecorder(router, _clock);
        var meters = new RequestMeters();
        var recorder = new RequestRecorder(_journal, meters, _clock, _log);
        _traces = new OtlpExporter(_log);
        _cache = new ResponseCache(_watch, recorder, _relayOptions, _clock, _log);
        _cache.Apply(config);
        var relay = new InferenceRelay(_ready.Task, _fleet, _keys, router, _decisions, recorder, new RequestTracer(_traces), _cache, _watch, _relayOptions, _clock, _log);
        var tools = new ToolRegistry(_contextReader);
        var endpoints = new Endpoints
        {
            Health = new Health(NotReadyReasons),
            Completions = new Completions(relay),
            Tokens = new Tokens(_engine, _fleet),
            Models = new Models(_fleet, _clock, time.GetUtcNow().ToUnixTimeSeconds()),
            Messages = new Messages(_fleet, relay),
            Ollama = new OllamaInference(relay, _engine),
            OllamaListing = new Listing(_fleet, _engine, time),
            Infer = new Infer(relay),
            Responses = new Responses(relay, new ResponseMemory(() => _store, _log)),
            RouteExplain = new RouteExplain(_fleet, relay),
            Registration = new Registration(_fleet, _joined),
            AdminKeys = new AdminKeys(_keys, time),
            AdminFleet = new AdminFleet(_fleet, _engine, _clock),
            AdminDaemon = new AdminDaemon(_fleet, tools, Reload),
            Metrics = new Metrics(_fleet,
            [
                new DeploymentSection(_clock),
                new RequestSection(meters),
                new BudgetSection(_fleet.Budgets),
                new ProcessSection(router, _decisions, _journal),
                new CacheSection(_cache),
                new ModelSection(_engine),
                new TraceSection(_traces),
            ]),
            ContextTools = new ContextTools(tools, new RouterInference(relay, _fleet, _clock), () => _store, _quality, time),
            Mcp = new Mcp(new McpServer(tools, BuildInfo.Version)),
        };
        var application = new RequestApplication(
            new Dispatcher(Routes.All(endpoints), new RequestGuard(RequestGuardOptions.From(config)), new AccessGate(() => _fleet.Current.Config, _keys, time), _log), time);
        _listeners = new Listeners(config, application, SocketTransport.Default, _loggers, time);
    }

    /// <summary>Runs until a signal or a fatal fault. Returns the exit code: 0 stopped in order, 1 failed.</summary>
    public static async Task<int> RunAsync(ServeOptions options)
    {
        Daemon daemon;
        try
        {
            daemon = new Daemon(options, TimeProvider.System);
        }
        catch (StoreException e)
        {
            await Console.Error.WriteLineAsync($"routerd: {e.Message}").ConfigureAwait(false);
            return 1;
        }

        await using (daemon.ConfigureAwait(false))
        {
            return await daemon.RunAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _idleCollector.Dispose();
        _watch.Dispose();
        await _cache.DisposeAsync().ConfigureAwait(false);
        if (_gauges is not null)
        {
            await _gauges.DisposeAsync().ConfigureAwait(false);
        }

        if (_keyKeeper is not null)
        {
            await _keyKeeper.DisposeAsync().ConfigureAwait(false);
        }

        if (_budgets is not null)
        {
            await _budgets.DisposeAsync().ConfigureAwait(false);
        }

        await _join.DisposeAsync().ConfigureAwait(false);
        await _joined.DisposeAsync().ConfigureAwait(false);
        await _fleet.DisposeAsync().ConfigureAwait(false);
        await _engine.DisposeAsync().ConfigureAwait(false);
        if (_cleaner is not null)
        {
            await _cleaner.DisposeAsync().ConfigureAwait(false);
        }

        if (_reporter is not null)
        {
            await _reporter.DisposeAsync().ConfigureAwait(false);
        }

        if (_drain is not null)
        {
            await _drain.DisposeAsync().ConfigureAwait(false);
        }

        await _traces.DisposeAsync().ConfigureAwait(false);
        _contextReader.Dispose();
        if (_store is not null)
        {
            await _store.DisposeAsync().ConfigureAwait(false);
        }

        await _keys.DisposeAsync().ConfigureAwait(false);
        _journal.Dispose();
        _listeners.Dispose();
        _stopping.Dispose();
        _loggers.Dispose();
    }

    private async Task<int> RunAsync()
    {
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnStopSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnStopSignal);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnReloadSignal);
        try
        {
            await _listeners.StartAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or AddressInUseException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"routerd: {ListenEntries.Explain(e, _options.Loaded.Config)}").ConfigureAwait(false);
            return 1;
        }

        _ = Task.Run(LoadNative);
        Log.Configured(_log, _options.Loaded.FilePath ?? "defaults and environment");
        foreach (var warning in _options.Loaded.Warnings)
        {
            Log.Warning(_log, warning.ToString());
        }

        Log.Listening(_log, BuildInfo.Version, string.Join(", ", _listeners.Addresses));
        try
        {
            await OpenStoreAsync().ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            await Console.Error.WriteLineAsync($"routerd: {e.Message}").ConfigureAwait(false);
            await _listeners.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
            return 1;
        }

        _ready.SetResult();
        _fleet.StartWatching();
        _join.Apply(_options.Loaded.Config.Registration);
        _gauges = new GaugePoller(_fleet, _clock, _log);
        _gauges.Start();
        using var file = _options.Loaded.FilePath is { } path ? new ConfigFileWatch(path, _clock.Time, () => Reload()) : null;
        SystemdNotifier.Send("READY=1");
        await _ended.Task.ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
        return 0;
    }

    private async Task OpenStoreAsync()
    {
        var config = _options.Loaded.Config;
        _store = await Task.Run(() => ContextStore.Open(config.EffectiveContextDatabasePath, _clock.Time)).ConfigureAwait(false);
        _drain = await JournalDrain.StartAsync(_store, _journal, BuildInfo.Version, e => Log.StoreFailed(_log, e.Message)).ConfigureAwait(false);
        if (_drain.Replayed > 0)
        {
            Log.JournalReplayed(_log, _drain.Replayed);
        }

        var restored = _fleet.Restore(await FleetReporter.LoadAsync(_store).ConfigureAwait(false));
        if (restored > 0)
        {
            Log.EstimatorsRestored(_log, restored);
        }

        await FleetReporter.RestoreWindowsAsync(_store, _fleet).ConfigureAwait(false);
        await _quality.LoadAsync(_store).ConfigureAwait(false);
        await _keys.AttachAsync(_store).ConfigureAwait(false);
        _keyKeeper = new KeyKeeper(_keys, _store, _clock, _log);
        await _keyKeeper.StartAsync().ConfigureAwait(false);
        _budgets = new BudgetKeeper(_fleet, _store, _clock, _log);
        await _budgets.StartAsync().ConfigureAwait(false);
        _reporter = new FleetReporter(_store, _fleet, _quality, _decisions, _journal, _clock, _log);
        await _reporter.StartAsync().ConfigureAwait(false);
        _cleaner = new StoreCleaner(_store, () => _fleet.Current.Config.Context, _clock, _log);
        _cleaner.Start();
    }

    private void LoadNative()
    {
        var status = EngineHost.Probe(null);
        _nativeAvailable = status.Available;
        if (status.Available)
        {
            Log.NativeReady(_log, status.LlamaVersion ?? "", string.Join(", ", status.Devices.Select(d => d.Name)));
        }
        else
        {
            Log.NativeUnavailable(_log, status.Error ?? "unknown");
        }

        _fleet.SetNativeAvailable(status.Available);
    }

    private List<string> NotReadyReasons()
    {
        var reasons = new List<string>();
        if (_store is null || _reporter is null)
        {
            reasons.Add("the store is not open yet");
        }

        if (_stopping.IsCancellationRequested)
        {
            reasons.Add("stopping");
        }

        var now = _clock.NowNs;
        var usable = _fleet.Current.Snapshot.Deployments.Any(d => (!d.OnDevice || _nativeAvailable) && d.State.UsableFromNs <= now);
        if (!usable)
        {
            reasons.Add("no deployment is usable");
        }

        return reasons;
    }

    private void OnStopSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _ended.TrySetResult();
    }

    private void OnReloadSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        ThreadPool.UnsafeQueueUserWorkItem(static daemon => daemon.Reload(), this, preferLocal: false);
    }

    private ConfigResult Reload()
    {
        SystemdNotifier.Send("RELOADING=1");
        var result = ConfigLoader.Load(_options.Sources);
        if (result.Loaded is { } loaded)
        {
            _fleet.Apply(loaded.Config);
            _cache.Apply(loaded.Config);
            _join.Apply(loaded.Config.Registration);
            Log.Reloaded(_log, loaded.FilePath ?? "defaults and environment");
        }
        else
        {
            foreach (var fault in result.Faults)
            {
                Log.ReloadRefused(_log, fault.ToString());
            }
        }

        SystemdNotifier.Send("READY=1");
        return result;
    }

    private async Task StopAsync()
    {
        SystemdNotifier.Send("STOPPING=1");
        await _stopping.CancelAsync().ConfigureAwait(false);
        var limit = _options.Loaded.Config.Limits.DrainTimeout;
        Log.Draining(_log, _watch.Count, limit.TotalSeconds);
        using var cut = new CancellationTokenSource();
        var stopped = _listeners.StopAsync(cut.Token);
        if (await Task.WhenAny(stopped, Task.Delay(limit, _clock.Time)).ConfigureAwait(false) != stopped)
        {
            // Streams that are still running end with an error event, not with a reset.
            await _watch.StopAsync().ConfigureAwait(false);
            cut.CancelAfter(_relayOptions.StopGrace);
        }

        await stopped.ConfigureAwait(false);
        Log.Stopped(_log);
    }
}
