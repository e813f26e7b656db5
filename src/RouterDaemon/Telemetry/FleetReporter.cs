using System.Runtime.InteropServices;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Fleet;
using RouterDaemon.Relay;
using RouterDaemon.Store;
using RouterDaemon.Store.Journal;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Telemetry;

/// <summary>Carries live statistics into the store every few seconds: rows of <c>deployments</c>, incidents, and what the estimators learnt.</summary>
internal sealed class FleetReporter : IAsyncDisposable
{
    /// <summary>Window of the percentiles: two halves that are rotated.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private const int WindowFormat = 1;

    private readonly CancellationTokenSource _stop = new();
    private readonly ContextStore _store;
    private readonly FleetManager _fleet;
    private readonly QualityLearner _quality;
    private readonly DecisionRecorder _decisions;
    private readonly RequestJournal _journal;
    private readonly Clock _clock;
    private readonly ILogger _log;
    private readonly IncidentWatch _incidents;
    private long _dropped;
    private Task _loop = Task.CompletedTask;

    public FleetReporter(ContextStore store, FleetManager fleet, QualityLearner quality, DecisionRecorder decisions, RequestJournal journal, Clock clock, ILogger log)
    {
        _quality = quality;
        _decisions = decisions;
        _store = store;
        _fleet = fleet;
        _journal = journal;
        _clock = clock;
        _log = log;
        _incidents = new IncidentWatch(store, clock, log);
    }

    /// <summary>Reads what an earlier run learnt.</summary>
    public static async Task<IReadOnlyDictionary<string, EstimatorSnapshot>> LoadAsync(ContextStore store)
    {
        var learnt = new Dictionary<string, EstimatorSnapshot>(StringComparer.Ordinal);
        foreach (var state in await store.LoadEstimatorsAsync().ConfigureAwait(false))
        {
            if (state.Format == EstimatorSnapshot.CurrentVersion && state.State.Length == Marshal.SizeOf<EstimatorSnapshot>())
            {
                learnt[state.DeploymentId] = MemoryMarshal.Read<EstimatorSnapshot>(state.State);
            }
        }

        return learnt;
    }

    /// <summary>Gives deployments the percentiles of an earlier run that ended within the window.</summary>
    public static async Task RestoreWindowsAsync(ContextStore store, FleetManager fleet)
    {
        var windows = await store.LoadWindowsAsync(Window).ConfigureAwait(false);
        foreach (var entry in fleet.Current.Snapshot.Deployments)
        {
            if (entry.State.Latency.Count == 0 && windows.Find(w => w.DeploymentId == entry.Id && w.Format == WindowFormat) is { } window)
            {
                entry.State.Ttft.Import(window.Ttft);
                entry.State.Itl.Import(window.Itl);
                entry.State.Latency.Import(window.Latency);
            }
        }
    }

    /// <summary>Begins to report.</summary>
    public async Task StartAsync()
    {
        await _incidents.InheritAsync().ConfigureAwait(false);
        _loop = LoopAsync();
    }

    /// <summary>Writes the present state; called by the loop, and once more at the end.</summary>
    public async Task ReportAsync()
    {
        var fleet = _fleet.Current;
        _fleet.RefreshOnDevice(fleet);
        _quality.Publish();
        await _decisions.FlushAsync(_store).ConfigureAwait(false);
        await _incidents.UpdateAsync(fleet.Snapshot.Deployments).ConfigureAwait(false);
        await _store.UpsertDeploymentsAsync([.. fleet.Snapshot.Deployments.Select(StatusOf)]).ConfigureAwait(false);
        var learnt = fleet.Snapshot.Deployments
            .Where(d => d.State.TtftSamples > 0 || d.State.Latency.Count > 0)
            .Select(d => new EstimatorState(d.Id, EstimatorSnapshot.CurrentVersion, Bytes(d.State.Export())))
            .ToList();
        if (learnt.Count > 0)
        {
            await _store.SaveEstimatorsAsync(learnt).ConfigureAwait(false);
            await _store.SaveWindowsAsync([.. fleet.Snapshot.Deployments
                .Where(d => d.State.Latency.Count > 0)
                .Select(d => new WindowState(d.Id, WindowFormat, d.State.Ttft.Export(), d.State.Itl.Export(), d.State.Latency.Export()))]).ConfigureAwait(false);
        }

        var dropped = _journal.Dropped;
        if (dropped > _dropped)
        {
            _dropped = dropped;
            Log.JournalDropped(_log, dropped);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        await ReportSafelyAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        var rotate = _clock.After(Window / 2);
        try
        {
            while (true)
            {
                await ReportSafelyAsync().ConfigureAwait(false);
                if (_clock.Timestamp >= rotate)
                {
                    rotate = _clock.After(Window / 2);
                    foreach (var deployment in _fleet.Current.Snapshot.Deployments)
                    {
                        deployment.State.Ttft.Rotate();
                        deployment.State.Itl.Rotate();
                        deployment.State.Latency.Rotate();
                    }
                }

                await Task.Delay(_fleet.Current.Config.Context.Refresh, _clock.Time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task ReportSafelyAsync()
    {
        try
        {
            await ReportAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreException or Microsoft.Data.Sqlite.SqliteException or InvalidOperationException)
        {
            Log.StoreFailed(_log, e.Message);
        }
    }

    private DeploymentStatus StatusOf(DeploymentEntry entry)
    {
        var state = entry.State;
        var samples = (int)Math.Min(int.MaxValue, state.Latency.Count);
        return new DeploymentStatus
        {
            Id = entry.Id,
            ModelId = entry.ModelId,
            BackendId = entry.BackendId,
            Status = HealthOf(entry),
            LatencyP50Ms = samples > 0 ? (int)Math.Round(state.Latency.Percentile(0.5)) : null,
            LatencyP95Ms = samples > 0 ? (int)Math.Round(state.Latency.Percentile(0.95)) : null,
            ErrorRate = state.ErrorRate,
            ErrorRateWindowSec = (int)Window.TotalSeconds,
            QueueDepth = state.HasExactNumbers ? state.QueueDepth : state.Unanswered,
            CostPer1kTokens = (entry.PriceInputUsdPerMillion + entry.PriceOutputUsdPerMillion) / 2 / 1000,
            SampleCount = samples,
        };
    }

    private DeploymentHealth HealthOf(DeploymentEntry entry) => entry.State.Breaker(_clock.NowNs) switch
    {
        BreakerState.Open => DeploymentHealth.Down,
        BreakerState.HalfOpen => DeploymentHealth.Degraded,
        _ => entry.State.ErrorRate > 0.1 || _incidents.IsShifted(entry.Id) ? DeploymentHealth.Degraded : DeploymentHealth.Healthy,
    };

    private static byte[] Bytes(EstimatorSnapshot snapshot)
    {
        var bytes = new byte[Marshal.SizeOf<EstimatorSnapshot>()];
        MemoryMarshal.Write(bytes, snapshot);
        return bytes;
    }
}
