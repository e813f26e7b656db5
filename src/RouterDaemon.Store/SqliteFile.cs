using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store;

/// <summary>Opens connections with the settings every file of the daemon shares, and turns SQLite's codes into sentences.</summary>
internal static class SqliteFile
{
    /// <summary>How long a statement waits for another connection's lock.</summary>
    public const int BusyTimeoutMs = 5_000;

    private const int SqliteReadOnly = 8;
    private const int SqliteCantOpen = 14;
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteNotADatabase = 26;
    private const int SqliteBusy = 5;

    /// <summary>A connection that may write. Creates the file and its folder. Throws <see cref="StoreException"/>.</summary>
    public static SqliteConnection OpenWriter(string path, IReadOnlyList<string> migrations)
    {
        SqliteBootstrap.Init();
        CreateFolder(path);
        try
        {
            var connection = Open(path, SqliteOpenMode.ReadWriteCreate);
            try
            {
                connection.Execute("PRAGMA journal_mode = WAL");
                connection.Execute("PRAGMA synchronous = NORMAL");
                connection.Execute("PRAGMA journal_size_limit = 67108864");
                connection.Execute("PRAGMA foreign_keys = ON");
                Schema.Migrations.Apply(connection, path, migrations);
                return connection;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
        catch (SqliteException e)
        {
            throw Explain(path, e);
        }
    }

    /// <summary>A connection that can only read. The file must exist. Throws <see cref="StoreException"/>.</summary>
    public static SqliteConnection OpenReader(string path)
    {
        SqliteBootstrap.Init();
        if (!File.Exists(path))
        {
            throw new StoreException(path, "does not exist");
        }

        try
        {
            var connection = Open(path, SqliteOpenMode.ReadOnly);
            connection.Execute("PRAGMA query_only = ON");
            return connection;
        }
        catch (SqliteException e)
        {
            throw Explain(path, e);
        }
    }

    public static StoreException Explain(string path, SqliteException e) => new(path, e.SqliteErrorCode switch
    {
        SqliteNotADatabase => "is not an SQLite database",
        SqliteCorrupt => "is a damaged SQLite database; restore a backup or move the file away",
        SqliteReadOnly => "is not writable",
        SqliteCantOpen => "cannot be opened; check that the folder exists and is writable",
        SqliteFull => "the disk is full",
        SqliteBusy => $"is locked by another process for more than {BusyTimeoutMs} ms",
        _ => e.Message,
    }, e);

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = BusyTimeoutMs / 1000,
        }.ConnectionString);
        try
        {
            connection.Open();
            connection.Execute($"PRAGMA busy_timeout = {BusyTimeoutMs}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void CreateFolder(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(folder, $"the folder cannot be created: {e.Message}", e);
        }
    }
}
