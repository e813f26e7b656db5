using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context;

/// <summary>What a user spent on a UTC day: the sum over requests, from the daily roll-up when the user has very many.</summary>
public static class UserSpend
{
    /// <summary>USD (rounded to micro-dollars) and requests of the day of <paramref name="now"/>.</summary>
    public static (double UsedUsd, long Requests) Today(SqliteConnection connection, string user, DateTimeOffset now)
    {
        var day = Rfc3339.FormatDay(now);
        var all = new Filter().And("user_id", "=", user);
        var today = new Filter().And("user_id", "=", user).And("created_at", ">=", day + "T00:00:00Z").And("created_at", "<=", day + "T23:59:59Z");
        const string Sum = "COALESCE(SUM(cost_usd), 0), count(*)";
        if (!WindowParts.HasRollUps(connection) || !all.MatchesMoreThan(connection, "requests", LatencyTrend.RawRowLimit))
        {
            return today.Query(connection, $"SELECT {Sum} FROM requests {today.Where}", Read)[0];
        }

        var rolled = new Filter().And("user_id", "=", user).And("day", "=", day);
        return rolled.Query(connection, $"SELECT COALESCE(SUM(cost_usd), 0), COALESCE(SUM(requests), 0) FROM r_user_days {rolled.Where}", Read)[0];
    }

    private static (double UsedUsd, long Requests) Read(SqliteDataReader row) => (Math.Round(row.GetDouble(0), 6), row.GetInt64(1));
}
