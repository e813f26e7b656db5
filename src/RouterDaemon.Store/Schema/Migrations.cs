using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Schema;

/// <summary>
/// The numbered migrations of both files. Append only: a file that was ever released is frozen by its hash in the tests.
/// </summary>
internal static class Migrations
{
    /// <summary><c>data/context.db</c>.</summary>
    public static readonly string[] Context = ["001_context.sql", "002_router.sql", "003_windows.sql", "004_responses.sql", "005_large_windows.sql"];

    /// <summary><c>data/models.db</c>.</summary>
    public static readonly string[] Models = ["Models/001_models.sql", "Models/002_keys.sql"];

    /// <summary>Text of an embedded migration.</summary>
    public static string Read(string name)
    {
        using var stream = typeof(Migrations).Assembly.GetManifestResourceStream("Schema/" + name)
            ?? throw new InvalidOperationException($"migration {name} is not embedded");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Brings the file up to the newest migration, each in its own transaction. Harmless when it already is.</summary>
    public static void Apply(SqliteConnection connection, string path, IReadOnlyList<string> migrations)
    {
        var current = (long)connection.Scalar("PRAGMA user_version")!;
        if (current > migrations.Count)
        {
            throw new StoreException(
                path, $"was written by a newer routerd (schema {current}, this one knows {migrations.Count}); update routerd or use another file");
        }

        for (var next = (int)current; next < migrations.Count; next++)
        {
            connection.Execute("BEGIN IMMEDIATE");
            try
            {
                // Another process may have migrated between the read above and the lock.
                if ((long)connection.Scalar("PRAGMA user_version")! == next)
                {
                    connection.Execute(Read(migrations[next]));
                    connection.Execute($"PRAGMA user_version = {next + 1}");
                }

                connection.Execute("COMMIT");
            }
            catch
            {
                connection.Execute("ROLLBACK");
                throw;
            }
        }
    }
}
