using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace RouterDaemon.Store;

/// <summary>
/// Makes a connection's statements give way to threads that wait for the core. A thread that computes without a pause keeps others from its core for a
/// whole time slice, 3 ms and more on Linux: requests felt it.
/// </summary>
internal static class GiveWay
{
    // About 0.02 ms in SQLite, 0.1 ms with the rows read or bound.
    private const int EverySteps = 1_000;

    private static readonly delegate_progress Yield = static _ =>
    {
        Thread.Yield();
        return 0;
    };

    /// <summary>From now on, for every statement of the connection.</summary>
    public static void Install(SqliteConnection connection) => raw.sqlite3_progress_handler(connection.Handle!, EverySteps, Yield, null);
}
