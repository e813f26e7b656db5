using RouterDaemon.Config;
using RouterDaemon.Relay;
using RouterDaemon.Store;

namespace RouterDaemon.Telemetry;

/// <summary>Deletes what is older than the configuration keeps, a little at a time so that the writer is never held long.</summary>
internal sealed class StoreCleaner(ContextStore store, Func<ContextConfig> config, Clock clock, ILogger log) : IAsyncDisposable
{
    // Between two batches the writer serves others.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Begins; the first clean-up comes after one interval.</summary>
    public void Start() => _loop = LoopAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(config().CleanUp, clock.Time, _stop.Token).ConfigureAwait(false);
                await CleanAsync(config()).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task CleanAsync(ContextConfig keep)
    {
        try
        {
            await RepeatAsync(keep.Keep, store.PurgeAsync).ConfigureAwait(false);
            await RepeatAsync(keep.KeepRollUps, store.PurgeRollUpsAsync).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreException or Microsoft.Data.Sqlite.SqliteException)
        {
            Log.StoreFailed(log, e.Message);
        }
    }

    private async Task RepeatAsync(TimeSpan keep, Func<TimeSpan, int, CancellationToken, Task<int>> purge)
    {
        if (keep == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        long rows = 0;
        for (var deleted = -1; deleted != 0;)
        {
            deleted = await purge(keep, ContextStore.PurgeBatch, _stop.Token).ConfigureAwait(false);
            rows += deleted;
            if (deleted > 0)
            {
                await Task.Delay(Pause, clock.Time, _stop.Token).ConfigureAwait(false);
            }
        }

        if (rows > 0)
        {
            Log.CleanedUp(log, rows, Rfc3339.Format(clock.Time.GetUtcNow() - keep));
        }
    }
}
