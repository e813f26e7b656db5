using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Schema;

namespace RouterDaemon.Store;

/// <summary><c>data/models.db</c>: model registry and API keys. Same rules as <see cref="ContextStore"/>: one writer, pooled readers.</summary>
public sealed class ModelStore : IAsyncDisposable
{
    private const int Readers = 2;

    private readonly StoreWriter _writer;
    private readonly ReaderPool _readers;

    private ModelStore(string path, StoreWriter writer, ReaderPool readers) => (Path, _writer, _readers) = (path, writer, readers);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Opens or creates the file. Throws <see cref="StoreException"/> naming the path.</summary>
    public static ModelStore Open(string path) =>
        new(path, new StoreWriter(SqliteFile.OpenWriter(path, Migrations.Models), path), new ReaderPool(path, Readers));

    /// <summary>Runs a query on a pooled read-only connection.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellation = default) =>
        _readers.ReadAsync(read, cancellation);

    /// <summary>Runs a change on the writer's thread, in a transaction; answers after the commit.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> write, CancellationToken cancellation = default) =>
        _writer.EnqueueAsync(write, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _readers.Dispose();
        await _writer.DisposeAsync().ConfigureAwait(false);
    }
}
