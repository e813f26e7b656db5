using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace RouterDaemon.SystemTests.Support;

/// <summary>Reads the daemon's context store as another program would.</summary>
public sealed class ContextDb : IDisposable
{
    private readonly SqliteConnection _connection;

    public ContextDb(string home)
    {
        _connection = new SqliteConnection($"Data Source={Path.Combine(home, "data", "context.db")};Mode=ReadOnly;Pooling=False");
        _connection.Open();
    }

    public List<string> Column(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
            values.Add(reader.IsDBNull(0) ? "" : reader.GetValue(0).ToString()!);
        return values;
    }

    /// <summary>First column to second.</summary>
    public Dictionary<string, string> Pairs(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        var pairs = new Dictionary<string, string>();
        while (reader.Read())
            pairs.Add(reader.GetString(0), reader.GetString(1));
        return pairs;
    }

    public long Number(string sql) => long.Parse(Column(sql)[0]);

    public void Dispose() => _connection.Dispose();

#pragma warning disable CA2255 // The provider must be set before the first connection of any test.
    [ModuleInitializer]
    internal static void UseSystemLibrary()
#pragma warning restore CA2255
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == "e_sqlite3" && NativeLibrary.TryLoad(OperatingSystem.IsMacOS() ? "/usr/lib/libsqlite3.dylib" : "libsqlite3.so.0", out nint library) ? library : 0;
}
