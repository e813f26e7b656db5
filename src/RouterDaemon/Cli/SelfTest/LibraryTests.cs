using Microsoft.Data.Sqlite;
using RouterDaemon.Native;
using RouterDaemon.Store;

namespace RouterDaemon.Cli.SelfTest;

/// <summary>The native libraries.</summary>
internal static class LibraryTests
{
    public static string? Llama()
    {
        var status = LlamaLibrary.Probe(null);
        return status.Available ? null : status.Error ?? "not available";
    }

    public static string? Sqlite()
    {
        SqliteBootstrap.Init();
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES ($a, $b); SELECT b || a FROM t";
        command.Parameters.AddWithValue("$a", 42);
        command.Parameters.AddWithValue("$b", "x");
        return command.ExecuteScalar() as string == "x42" ? null : "what was written was not read";
    }
}
