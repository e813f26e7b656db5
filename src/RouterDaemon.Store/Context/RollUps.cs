using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context;

/// <summary>Reads the roll-ups of a window: whole days from those of days where the caller allows it, the rest from those of hours.</summary>
internal static class RollUps
{
    /// <summary>Calls <paramref name="read"/> with each row; its first column is the hour or the day, then come <paramref name="columns"/>.</summary>
    public static void Read(
        SqliteConnection connection, WholeHours hours, bool byDay, Func<Filter> matching, string columns, Func<SqliteDataReader, bool> read)
    {
        // The first day that begins inside, and the day that is not whole any more.
        var firstDay = hours.First.EndsWith("T00:00:00Z", StringComparison.Ordinal) ? hours.First[..10] : DayAfter(hours.First);
        var endDay = hours.End[..10];
        if (!byDay || string.CompareOrdinal(firstDay, endDay) >= 0)
        {
            Query("r_rollups", "hour", hours.First, hours.End);
            return;
        }

        Query("r_rollups", "hour", hours.First, firstDay + "T00:00:00Z");
        Query("r_day_rollups", "day", firstDay, endDay);
        Query("r_rollups", "hour", endDay + "T00:00:00Z", hours.End);

        void Query(string table, string time, string from, string to)
        {
            var filter = matching().And(time, ">=", from).And(time, "<", to);
            filter.Query(connection, $"SELECT {time}, {columns} FROM {table} {filter.Where}", read);
        }
    }

    private static string DayAfter(string hour) => Rfc3339.TryParse(hour[..10], out var day) ? Rfc3339.FormatDay(day.AddDays(1)) : hour[..10];
}
