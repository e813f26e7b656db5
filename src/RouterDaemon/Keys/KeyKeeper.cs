using Microsoft.Data.Sqlite;
using RouterDaemon.Core.State;
using RouterDaemon.Relay;
using RouterDaemon.Store;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Keys;

/// <summary>
/// Keeps the periods of the keys' budgets, once a second and off the hot path: reads at the start what the present day and month cost so far and begins new
/// ones at midnight UTC. Notes every half minute when keys were last used.
/// </summary>
internal sealed class KeyKeeper(KeyRegistry keys, ContextStore store, Clock clock, ILogger log) : IAsyncDisposable
{
    private const int TicksPerNote = 30;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<BudgetState, DateTimeOffset> _periods = [];
    private int _ticks;
    private Task _loop = Task.CompletedTask;

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
        using var timer = new PeriodicTimer(Period, clock.Time);
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
        var now = clock.Time.GetUtcNow();
        DateTimeOffset day = new(now.Year, now.Month, now.Day, 0, 0, 0, TimeSpan.Zero), month = new(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        try
        {
            foreach (var key in keys.All)
            {
                await TurnAsync(key.Usage.Day, day, s => s.KeyId == key.Row.Id).ConfigureAwait(false);
                await TurnAsync(key.Usage.Month, month, s => s.KeyId == key.Row.Id).ConfigureAwait(false);
                await TurnAsync(key.UserDay, day, s => s.UserId == key.User.Id).ConfigureAwait(false);
            }

            if (++_ticks % TicksPerNote == 0)
            {
                await keys.FlushUsesAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is StoreException or SqliteException or InvalidOperationException)
        {
            Log.StoreFailed(log, e.Message);
        }
    }

    /// <summary>Begins a period. One that is new to this process counts what it cost before.</summary>
    private async Task TurnAsync(BudgetState? budget, DateTimeOffset start, Func<Store.Records.KeySpending, bool> isOurs)
    {
        if (budget is null || (_periods.TryGetValue(budget, out var known) && known == start))
        {
            return;
        }

        var spent = 0.0;
        if (!_periods.ContainsKey(budget))
        {
            foreach (var spending in await store.SpentByKeySinceAsync(start, _stop.Token).ConfigureAwait(false))
            {
                spent += isOurs(spending) ? spending.Usd : 0;
            }

            spent += budget.SpentUsd;
        }

        budget.Restart(budget.LimitUsd, spent);
        _periods[budget] = start;
    }
}
