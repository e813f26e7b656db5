using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context;

/// <summary>
/// Reads a context store for the tools. On a live store "now" is the clock's time; on a demo store, whose data is historical, it is the
/// newest timestamp in the file. The file is opened with the first question, read only.
/// </summary>
public sealed class ContextReader : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ReaderPool _readers;

    /// <summary>A reader of the file <paramref name="path"/>, which need not exist yet.</summary>
    public ContextReader(string path, TimeProvider time)
    {
        Path = path;
        _time = time;
        _readers = new ReaderPool(path, QuestionThreads.Shared.MaximumConcurrencyLevel);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What one statement of run_sql may cost.</summary>
    public Sql.SqlLimits SqlLimits { get; init; } = new();

    /// <summary>
    /// Runs a question on one consistent state of the file. Every failure of SQLite becomes a <see cref="ContextException"/> with
    /// the code <c>DATABASE_ERROR</c>.
    /// </summary>
    public async Task<T> ReadAsync<T>(Func<SqliteConnection, DateTimeOffset, T> read, CancellationToken cancellation = default)
    {
        try
        {
            return await QuestionThreads.Shared.RunAsync(() => _readers.Read(connection => read(connection, Now(connection))), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqliteException or StoreException)
        {
            throw new ContextException(ContextErrorCode.DatabaseError, $"Database error: {e.Message}", e);
        }
    }

    /// <summary>Makes questions rest while requests run; <paramref name="requests"/> counts them. Holds for every reader of the process.</summary>
    public static void GiveWayTo(Func<long> requests) => QuestionThreads.Shared.GiveWayTo(requests);

    /// <summary>Runs one statement of somebody else's within <see cref="SqlLimits"/>; throws as <see cref="Sql.SqlRunner.Run"/>.</summary>
    public Task<Sql.SqlResult> RunSqlAsync(string sql, IReadOnlyList<object?> parameters, CancellationToken cancellation = default) =>
        QuestionThreads.Shared.RunAsync(() => Sql.SqlRunner.Run(Path, sql, parameters, SqlLimits, cancellation), cancellation);

    /// <inheritdoc/>
    public void Dispose() => _readers.Dispose();

    private DateTimeOffset Now(SqliteConnection connection)
    {
        if (!IsDemo(connection))
        {
            return _time.GetUtcNow();
        }

        var newest = (string?)connection.Scalar("""
            SELECT max(t) FROM (
                SELECT max(updated_at) AS t FROM deployments
                UNION ALL SELECT max(created_at) FROM requests
                UNION ALL SELECT max(started_at) FROM incidents
                UNION ALL SELECT max(resolved_at) FROM incidents
                UNION ALL SELECT max(evaluated_at) FROM quality_scores)
            """);
        return Rfc3339.TryParse(newest, out var time) ? time : _time.GetUtcNow();
    }

    // A file with the contract tables alone was not written by the daemon: its data is historical too.
    private static bool IsDemo(SqliteConnection connection) =>
        connection.Scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'r_meta'") is null
        || Meta.Get(connection, "store_kind") == "demo";
}
