using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Records;
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

    /// <summary>Keys in the registry at a path that are not revoked; no file holds none. Null = the file cannot be read.</summary>
    public static int? CountKeys(string path)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        try
        {
            using var connection = SqliteFile.OpenReader(path);
            return (int)(long)connection.Scalar("SELECT count(*) FROM api_keys WHERE revoked_at IS NULL")!;
        }
        catch (Exception e) when (e is SqliteException or StoreException)
        {
            return null;
        }
    }

    /// <summary>Every API key, revoked ones too, oldest first. At once: there are few, and nobody is let in before they are read.</summary>
    public IReadOnlyList<ApiKeyRow> Keys() => _readers.Read(ApiKeyRows.All);

    /// <summary>Adds a key.</summary>
    public Task AddKeyAsync(ApiKeyRow key) => WriteAsync(connection => ApiKeyRows.Add(connection, key));

    /// <summary>Revokes a key; false = there is none with this id that is not revoked.</summary>
    public async Task<bool> RevokeKeyAsync(string id, DateTimeOffset now) =>
        await WriteAsync(connection => ApiKeyRows.Revoke(connection, id, now)).ConfigureAwait(false) > 0;

    /// <summary>Notes when keys were last used.</summary>
    public Task NoteUsesAsync(IReadOnlyList<KeyValuePair<string, DateTimeOffset>> uses) => WriteAsync(connection =>
    {
        foreach (var (id, at) in uses)
        {
            ApiKeyRows.Used(connection, id, at);
        }

        return uses.Count;
    });

    /// <summary>Notes where a file of the models folder came from; what was noted of that name before is replaced.</summary>
    public Task NoteFileAsync(ModelFileRow file) => WriteAsync(connection => ModelFileRows.Put(connection, file));

    /// <summary>What is noted of the files in the registry at a path, by id. None where the registry is missing or cannot be read.</summary>
    public static IReadOnlyDictionary<string, ModelFileRow> FilesAt(string path)
    {
        if (!File.Exists(path))
        {
            return new Dictionary<string, ModelFileRow>();
        }

        try
        {
            using var connection = SqliteFile.OpenReader(path);
            return ModelFileRows.All(connection).ToDictionary(r => r.Id, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is SqliteException or StoreException)
        {
            return new Dictionary<string, ModelFileRow>();
        }
    }

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
