using System.Globalization;
using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Store.Journal;

/// <summary>
/// Moves records from the journal to SQLite: a batch and the cursor behind it commit in one transaction, so a record becomes a
/// row exactly once over any crash of the process. While SQLite fails (disk full), records wait in the ring and the batch is tried again.
/// </summary>
public sealed class JournalDrain : IAsyncDisposable
{
    /// <summary>Records of one transaction at most.</summary>
    public const int BatchRecords = 1_024;

    private const string JournalKey = "journal_id";
    private const string CursorKey = "journal_cursor";
    private const string RefusedKey = "journal_refused_rows";
    /// <summary>
    /// While requests come in the drain rests this many times as long as a batch took: a row with its indexes costs about half of what relaying
    /// the request did, and a burst is relayed first and filed afterwards. A backlog of three quarters of the ring ends the rests.
    /// </summary>
    private const int RestFactor = 9;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly ContextStore _store;
    private readonly RequestJournal _journal;
    private readonly RequestRows _rows;
    private readonly Action<Exception> _onError;
    private readonly RequestRecord[] _batch = new RequestRecord[BatchRecords];
    private readonly SemaphoreSlim _pumping = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    private JournalDrain(ContextStore store, RequestJournal journal, string routerVersion, Action<Exception> onError)
    {
        (_store, _journal, _onError) = (store, journal, onError);
        _rows = new RequestRows(journal, store.Kind, routerVersion);
    }

    /// <summary>Records of an earlier process that the start brought into SQLite.</summary>
    public int Replayed { get; private set; }

    /// <summary>Records written by this process.</summary>
    public long Written { get; private set; }

    /// <summary>
    /// Replays what an earlier process left behind, then drains in the background. <paramref name="routerVersion"/> becomes
    /// <c>requests.router_version</c>. <paramref name="onError"/> hears of failed batches, at most one for each second.
    /// </summary>
    public static async Task<JournalDrain> StartAsync(
        ContextStore store, RequestJournal journal, string routerVersion, Action<Exception> onError, CancellationToken cancellation = default)
    {
        var drain = new JournalDrain(store, journal, routerVersion, onError);
        await drain.ReplayAsync(cancellation).ConfigureAwait(false);
        drain._loop = Task.Run(drain.LoopAsync, CancellationToken.None);
        return drain;
    }

    /// <summary>Brings everything appended before this call into SQLite.</summary>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        await _pumping.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            while (await PumpOnceAsync(cancellation).ConfigureAwait(false) > 0)
            {
                // Until the ring is empty.
            }
        }
        finally
        {
            _pumping.Release();
        }
    }

    /// <summary>Stops after a last flush; what that cannot write stays in the journal for the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        try
        {
            await FlushAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _onError(e);
        }

        _rows.Dispose();
        _stop.Dispose();
        _pumping.Dispose();
    }

    private async Task ReplayAsync(CancellationToken cancellation)
    {
        var committed = await _store.ReadAsync(
            connection => Meta.Get(connection, JournalKey) == _journal.Id
                ? ulong.Parse(Meta.Get(connection, CursorKey) ?? "0", CultureInfo.InvariantCulture) : 0UL,
            cancellation).ConfigureAwait(false);
        var found = _journal.Recover(committed);
        for (var at = 0; at < found.Count; at += BatchRecords)
        {
            var count = 0;
            foreach (var sequence in found.Skip(at).Take(BatchRecords))
            {
                if (_journal.TryRead(sequence, out var record))
                {
                    _batch[count++] = record;
                }
            }

            await WriteAsync(count, found[Math.Min(at + BatchRecords, found.Count) - 1], cancellation).ConfigureAwait(false);
        }

        if (found.Count == 0)
        {
            // A store that is new to this journal learns its id before the first batch.
            await WriteAsync(0, committed, cancellation).ConfigureAwait(false);
        }

        Replayed = found.Count;
        _journal.ResetNames();
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Period, _store.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                if (_journal.Backlog == 0)
                {
                    continue;
                }

                try
                {
                    await DrainAsync().ConfigureAwait(false);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    _onError(e);
                    await Task.Delay(RetryDelay, _store.Time, _stop.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: DisposeAsync flushes once more.
        }
    }

    /// <summary>As <see cref="FlushAsync"/>, with rests between batches.</summary>
    private async Task DrainAsync()
    {
        int count;
        do
        {
            var started = _store.Time.GetTimestamp();
            var appended = _journal.Appended;
            await _pumping.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                count = await PumpOnceAsync(_stop.Token).ConfigureAwait(false);
            }
            finally
            {
                _pumping.Release();
            }

            // Without requests there is nobody to make way for.
            if (count > 0 && _journal.Appended != appended && _journal.Backlog < _journal.CapacityRecords / 4 * 3)
            {
                await Task.Delay(_store.Time.GetElapsedTime(started) * RestFactor, _store.Time, _stop.Token).ConfigureAwait(false);
            }
        }
        while (count > 0);
    }

    private async Task<int> PumpOnceAsync(CancellationToken cancellation)
    {
        var drained = _journal.Drained;
        var count = 0;
        // Stops at the first number whose appender has not finished: it is a few instructions away and comes with the next batch.
        while (count < BatchRecords && _journal.TryRead(drained + (ulong)count + 1, out var record))
        {
            _batch[count++] = record;
        }

        if (count > 0)
        {
            await WriteAsync(count, drained + (ulong)count, cancellation).ConfigureAwait(false);
            Written += count;
        }

        return count;
    }

    private async Task WriteAsync(int count, ulong cursor, CancellationToken cancellation)
    {
        try
        {
            await _store.WriteAsync(connection => WriteBatch(connection, count, cursor), cancellation).ConfigureAwait(false);
        }
        catch
        {
            _rows.ForgetKnown();
            throw;
        }

        _journal.Advance(cursor);
    }

    private int WriteBatch(SqliteConnection connection, int count, ulong cursor)
    {
        var refused = _rows.Write(connection, _batch.AsSpan(0, count));
        if (refused > 0)
        {
            var before = long.Parse(Meta.Get(connection, RefusedKey) ?? "0", CultureInfo.InvariantCulture);
            Meta.Set(connection, RefusedKey, (before + refused).ToString(CultureInfo.InvariantCulture));
        }

        Meta.Set(connection, JournalKey, _journal.Id);
        Meta.Set(connection, CursorKey, cursor.ToString(CultureInfo.InvariantCulture));
        return refused;
    }
}
