using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace RouterDaemon.Store;

/// <summary>Binds the SQLite provider to the system's library. Every entry point of the store calls <see cref="Init"/>.</summary>
public static class SqliteBootstrap
{
    // RETURNING, upsert and STRICT JSON functions that the queries use.
    private const int MinimumVersionNumber = 3_035_000;

    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Loads SQLite once and returns its version text. Throws <see cref="StoreException"/> when the library is missing or too old.</summary>
    public static string Init() => Loaded.Value;

    /// <summary>File names that are tried in order on this platform.</summary>
    internal static IReadOnlyList<string> Candidates =>
        OperatingSystem.IsMacOS() ? ["libsqlite3.dylib", "/usr/lib/libsqlite3.dylib", "/opt/homebrew/opt/sqlite/lib/libsqlite3.dylib"]
        : OperatingSystem.IsWindows() ? ["winsqlite3.dll", "sqlite3.dll"]
        : ["libsqlite3.so.0", "libsqlite3.so"];

    /// <summary>Opens the first candidate that loads.</summary>
    internal static IntPtr OpenFirst(IReadOnlyList<string> candidates, Assembly assembly)
    {
        foreach (var name in candidates)
        {
            if (NativeLibrary.TryLoad(name, assembly, null, out var handle))
            {
                return handle;
            }
        }

        throw new StoreException(
            candidates[0],
            $"the SQLite library is not installed (tried {string.Join(", ", candidates)}); install it, e.g. the package libsqlite3-0 or sqlite-libs");
    }

    private static string Load()
    {
        var assembly = typeof(SQLite3Provider_e_sqlite3).Assembly;
        var library = OpenFirst(Candidates, assembly);
        NativeLibrary.SetDllImportResolver(assembly, (name, _, _) => name == "e_sqlite3" ? library : IntPtr.Zero);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        // A connection is one thread's at a time, and nobody reads SQLite's memory statistics: without the locks for both a row costs a tenth less.
        // Refused (misuse) where another library of the process has initialised SQLite already, which does no harm.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
        var version = raw.sqlite3_libversion().utf8_to_string();
        if (raw.sqlite3_libversion_number() < MinimumVersionNumber)
        {
            throw new StoreException(Candidates[0], $"SQLite {version} is too old, 3.35 or newer is needed");
        }

        return version;
    }
}
