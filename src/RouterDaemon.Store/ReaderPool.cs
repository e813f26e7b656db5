using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store;

/// <summary>Read-only connections, opened on demand up to a limit and kept. Callers beyond the limit wait.</summary>
internal sealed class ReaderPool(string path, int limit) : IDisposable
{
    private readonly ConcurrentBag<SqliteConnection> _idle = [];
    private readonly SemaphoreSlim _free = new(limit, limit);
    private volatile bool _disposed;

    /// <summary>Runs <paramref name="read"/> inside one read transaction, so that all its statements see the same state.</summary>
    public async Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return Read(read);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>The same at once, for callers that are no more than the limit.</summary>
    public T Read<T>(Func<SqliteConnection, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return ReadOnce(read);
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    private T ReadOnce<T>(Func<SqliteConnection, T> read)
    {
        if (!_idle.TryTake(out var connection))
        {
            connection = SqliteFile.OpenReader(path);
            GiveWay.Install(connection);
        }

        try
        {
            connection.Execute("BEGIN");
            var result = read(connection);
            connection.Execute("COMMIT");
            Keep(connection);
            return result;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Keep(SqliteConnection connection)
    {
        _idle.Add(connection);
        if (_disposed)
        {
            Dispose();
        }
    }
}
