using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context;

/// <summary>Requests and cost for each bucket and group. Sums are the same whether roll-ups take part or not (see <see cref="WindowParts"/>).</summary>
public static class RequestVolume
{
    /// <summary>Buckets in order of period, then group. Both ends of the window are inclusive.</summary>
    public static List<VolumeBucket> Read(SqliteConnection connection, DateTimeOffset since, DateTimeOffset until, bool byDay, VolumeGroup group)
    {
        var sums = new SortedDictionary<string, (long Requests, double Cost)>(StringComparer.Ordinal);
        var parts = WindowParts.OfRequests(connection, since, until);
        if (parts.Hours is { } hours)
        {
            ReadRollUps(connection, new Filter().And("hour", ">=", hours.First).And("hour", "<", hours.End), byDay, group, sums);
        }

        foreach (var range in parts.Rows)
        {
            ReadRows(connection, range.On("r.created_at", new Filter()), byDay, group, sums);
        }

        var result = new List<VolumeBucket>(sums.Count);
        foreach (var (key, (requests, cost)) in sums)
        {
            var split = key.IndexOf('\n');
            result.Add(new VolumeBucket(key[..split], key[(split + 1)..], requests, Math.Round(cost, 6)));
        }

        return result;
    }

    private static void ReadRows(
        SqliteConnection connection, Filter filter, bool byDay, VolumeGroup group, SortedDictionary<string, (long, double)> sums)
    {
        var (column, join) = group switch
        {
            VolumeGroup.Tier => ("u.tier", "JOIN users u ON u.id = r.user_id"),
            VolumeGroup.Model => ("r.model_id", ""),
            VolumeGroup.Backend => ("r.backend_id", ""),
            _ => ("r.deployment_id", ""),
        };
        var period = byDay ? "substr(r.created_at, 1, 10)" : "substr(r.created_at, 1, 13) || ':00:00Z'";
        filter.Query(
            connection,
            $"SELECT {period}, {column}, count(*), total(r.cost_usd) FROM requests r INDEXED BY idx_requests_created {join} {filter.Where} GROUP BY 1, 2",
            row => Add(sums, row.GetString(0), row));
    }

    private static void ReadRollUps(
        SqliteConnection connection, Filter filter, bool byDay, VolumeGroup group, SortedDictionary<string, (long, double)> sums)
    {
        var column = group switch
        {
            VolumeGroup.Tier => "user_tier",
            VolumeGroup.Model => "model_id",
            VolumeGroup.Backend => "backend_id",
            _ => "deployment_id",
        };
        var period = byDay ? "substr(hour, 1, 10)" : "hour";
        filter.Query(
            connection,
            $"SELECT {period}, {column}, sum(requests), sum(cost_usd) FROM r_rollups {filter.Where} GROUP BY 1, 2",
            row => Add(sums, row.GetString(0), row));
    }

    private static bool Add(SortedDictionary<string, (long Requests, double Cost)> sums, string period, SqliteDataReader row)
    {
        var key = $"{period}\n{row.GetString(1)}";
        var before = sums.GetValueOrDefault(key);
        sums[key] = (before.Requests + row.GetInt64(2), before.Cost + row.GetDouble(3));
        return true;
    }
}
