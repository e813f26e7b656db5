using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store;

/// <summary>
/// The one connection that writes and checkpoints, on its own thread. Jobs that wait together share a transaction; a job that fails
/// is rolled back alone. A full queue makes callers wait (asynchronously): nothing is dropped.
/// </summary>
internal sealed class StoreWriter : IAsyncDisposable
{
    /// <summary>Jobs that may wait.</summary>
    public const int QueueLimit = 256;

    /// <summary>Jobs of one transaction.</summary>
    public const int BatchLimit = 64;

    private const string Commit = "COMMIT";
    private const string Rollback = "ROLLBACK";

    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly Channel<Job> _queue = Channel.CreateBounded<Job>(new BoundedChannelOptions(QueueLimit) { SingleReader = true });
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StoreWriter(SqliteConnection connection, string path)
    {
        _connection = connection;
        _path = path;
        GiveWay.Install(connection);
        new Thread(Run) { IsBackground = true, Name = "store writer" }.Start();
    }

    /// <summary>Runs <paramref name="work"/> on the writer's thread inside a transaction and answers after the commit.</summary>
    public async Task<T> EnqueueAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellation = default)
    {
        var job = new Job<T>(work);
        try
        {
            await _queue.Writer.WriteAsync(job, cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreException(_path, "the store is closed", e);
        }

        return await job.Done.Task.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stopped.Task.ConfigureAwait(false);
    }

    private void Run()
    {
        var batch = new List<Job>(BatchLimit);
        // The thread is the writer's own: it may block.
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            batch.Clear();
            while (batch.Count < BatchLimit && _queue.Reader.TryRead(out var job))
            {
                batch.Add(job);
            }

            RunBatch(batch);
        }

        try
        {
            _connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (SqliteException)
        {
            // A reader still holds the log: the next start checkpoints.
        }

        _connection.Dispose();
        _stopped.TrySetResult();
    }

    private void RunBatch(List<Job> batch)
    {
        try
        {
            _connection.Execute("BEGIN IMMEDIATE");
            _connection.Execute(batch.Count == 1 ? RunAlone(batch[0]) : RunEach(batch));
        }
        catch (Exception e)
        {
            var explained = e is SqliteException sqlite ? SqliteFile.Explain(_path, sqlite) : e;
            TryRollback();
            foreach (var job in batch)
            {
                job.Fail(explained);
            }

            return;
        }

        foreach (var job in batch)
        {
            job.Complete();
        }
    }

    /// <summary>Without a savepoint, for which SQLite would keep a copy of every page before its change. Returns how the transaction ends.</summary>
    private string RunAlone(Job job) => job.TryRun(_connection) ? Commit : Rollback;

    private string RunEach(List<Job> batch)
    {
        foreach (var job in batch)
        {
            _connection.Execute("SAVEPOINT job");
            if (!job.TryRun(_connection))
            {
                _connection.Execute("ROLLBACK TO job");
            }

            _connection.Execute("RELEASE job");
        }

        return Commit;
    }

    private void TryRollback()
    {
        try
        {
            _connection.Execute(Rollback);
        }
        catch (SqliteException)
        {
            // SQLite already rolled back (disk full, I/O error).
        }
    }

    private abstract class Job
    {
        public abstract bool TryRun(SqliteConnection connection);

        public abstract void Complete();

        public abstract void Fail(Exception e);
    }

    private sealed class Job<T>(Func<SqliteConnection, T> work) : Job
    {
        private T? _result;
        private Exception? _error;

        public TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override bool TryRun(SqliteConnection connection)
        {
            try
            {
                _result = work(connection);
                return true;
            }
            catch (Exception e)
            {
                _error = e;
                return false;
            }
        }

        public override void Complete()
        {
            if (_error is null)
            {
                Done.TrySetResult(_result!);
            }
            else
            {
                Done.TrySetException(_error);
            }
        }

        public override void Fail(Exception e) => Done.TrySetException(_error ?? e);
    }
}
