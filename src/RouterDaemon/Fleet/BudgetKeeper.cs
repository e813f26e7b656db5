using RouterDaemon.Relay;
using RouterDaemon.Store;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Fleet;

/// <summary>
/// Keeps the budgets' time, once a second and off the hot path: reads from the store what the present period cost so far, begins new periods, and moves
/// the pressure that makes money dearer while it is spent too fast. What requests spend counts at once, without it.
/// </summary>
internal sealed class BudgetKeeper : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<Core.State.BudgetState, DateTimeOffset> _periods = [];
    private readonly FleetManager _fleet;
    private readonly ContextStore _store;
    private readonly Clock _clock;
    private readonly ILogger _log;
    private long _paced;
    private Task _loop = Task.CompletedTask;

    public BudgetKeeper(FleetManager fleet, ContextStore store, Clock clock, ILogger log) =>
        (_fleet, _store, _clock, _log, _paced) = (fleet, store, clock, log, clock.Timestamp);

    /// <summary>Reads the present periods, then keeps time.</summary>
    public async Task StartAsync()
    {
        await TickAsync().ConfigureAwait(false);
        _loop = LoopAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Period, _clock.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                await TickAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task TickAsync()
    {
        var budgets = _fleet.Budgets.All;
        var now = _clock.Time.GetUtcNow();
        var elapsed = _clock.MsSince(_paced) / 1000;
        _paced = _clock.Timestamp;
        foreach (var budget in budgets)
        {
            var (start, end) = budget.PeriodAt(now);
            if (!_periods.TryGetValue(budget.State, out var known))
            {
                // New to this process: what the period cost before counts.
                if (await SpentAsync(budget, start).ConfigureAwait(false) is not { } spent)
                {
                    continue;
                }

                budget.State.Restart(budget.Config.LimitUsd, budget.State.SpentUsd + spent);
                _periods[budget.State] = start;
            }
            else if (known != start)
            {
                budget.State.Restart(budget.Config.LimitUsd, 0);
                _periods[budget.State] = start;
            }

            budget.State.Pace((end - now).TotalSeconds, (end - start).TotalSeconds, elapsed);
        }

        foreach (var entry in _fleet.Current.Snapshot.Deployments)
        {
            var pressure = 0.0;
            foreach (var state in entry.Budgets)
            {
                pressure = Math.Max(pressure, state.Pressure);
            }

            if (entry.State.MoneyPressure != (float)pressure)
            {
                entry.State.SetMoneyPressure(pressure);
            }
        }
    }

    private async Task<double?> SpentAsync(Budget budget, DateTimeOffset start)
    {
        try
        {
            var sum = 0.0;
            foreach (var (deployment, usd) in await _store.SpentSinceAsync(start, _stop.Token).ConfigureAwait(false))
            {
                var slash = deployment.LastIndexOf('/');
                sum += slash > 0 && budget.Covers(deployment[..slash], deployment[(slash + 1)..]) ? usd : 0;
            }

            return sum;
        }
        catch (Exception e) when (e is StoreException or Microsoft.Data.Sqlite.SqliteException or InvalidOperationException)
        {
            Log.StoreFailed(_log, e.Message);
            return null;
        }
    }
}
