using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Store.Context;

/// <summary>Reads the figures of a window by kind: from the rows, or from the roll-ups when there are very many.</summary>
public sealed class ChangeSides
{
    private readonly SqliteConnection _connection;
    private readonly bool _rolledUp;

    private ChangeSides(SqliteConnection connection, bool rolledUp) => (_connection, _rolledUp) = (connection, rolledUp);

    /// <summary>What can be compared; roll-ups do not know router versions.</summary>
    public IReadOnlyList<string> Kinds => _rolledUp ? ["deployment", "model", "tier"] : ["deployment", "model", "tier", "router_version"];

    /// <summary>
    /// Chooses the source for the window and the equally long one before it. For roll-ups the window is cut to whole hours.
    /// </summary>
    public static ChangeSides For(SqliteConnection connection, ref DateTimeOffset since, ref DateTimeOffset until)
    {
        if (!WindowParts.NeedsRollUps(
                connection, since - (until - since), until, "requests", "created_at", WindowParts.RequestsFromKey, out _)
            || !WholeHours.TryWithin(since, until, out var hours))
        {
            return new ChangeSides(connection, rolledUp: false);
        }

        Rfc3339.TryParse(hours.First, out since);
        Rfc3339.TryParse(hours.End, out until);
        return new ChangeSides(connection, rolledUp: true);
    }

    /// <summary>Figures by id. The start is inclusive; the end as told, but always exclusive for roll-ups.</summary>
    public Dictionary<string, ChangeSide> Read(string kind, DateTimeOffset since, DateTimeOffset until, bool inclusive) =>
        _rolledUp ? FromRollUps(kind, since, until) : FromRows(kind, since, until, inclusive);

    private Dictionary<string, ChangeSide> FromRows(string kind, DateTimeOffset since, DateTimeOffset until, bool inclusive)
    {
        var column = kind switch
        {
            "deployment" => "r.deployment_id",
            "model" => "r.model_id",
            "tier" => "u.tier",
            _ => "COALESCE(r.router_version, 'unknown')",
        };
        var filter = new Filter().And("r.created_at", ">=", Rfc3339.Format(since)).And("r.created_at", inclusive ? "<=" : "<", Rfc3339.Format(until));
        var sides = new Dictionary<string, ChangeSide>(StringComparer.Ordinal);
        filter.Query(
            _connection,
            $"""
            WITH ranked AS (
                SELECT {column} AS id, r.latency_ms AS latency, r.status AS status, r.cost_usd AS cost,
                       row_number() OVER (PARTITION BY {column} ORDER BY r.latency_ms) AS rank,
                       count(*) OVER (PARTITION BY {column}) AS n
                FROM requests r JOIN users u ON u.id = r.user_id {filter.Where})
            SELECT id, n, max(CASE WHEN rank = 1 + CAST((n - 1) * 0.5 AS INTEGER) THEN latency END),
                   avg(CASE WHEN status = 'success' THEN 0.0 ELSE 1.0 END), total(cost)
            FROM ranked GROUP BY id
            """,
            row => sides[row.GetString(0)] = new ChangeSide(row.GetInt64(1), row.DoubleOrNull(2), row.GetDouble(3), row.GetDouble(4)));
        return sides;
    }

    private Dictionary<string, ChangeSide> FromRollUps(string kind, DateTimeOffset since, DateTimeOffset until)
    {
        var column = kind switch
        {
            "deployment" => "deployment_id",
            "model" => "model_id",
            _ => "user_tier",
        };
        var filter = new Filter().And("hour", ">=", Rfc3339.Format(since)).And("hour", "<", Rfc3339.Format(until));
        var sums = new Dictionary<string, (long Requests, long Failures, double Cost, LatencyHistogram Latency)>(StringComparer.Ordinal);
        filter.Query(
            _connection,
            $"SELECT {column}, requests, errors + timeouts, cost_usd, latency_hist FROM r_rollups {filter.Where}",
            row =>
            {
                var before = sums.GetValueOrDefault(row.GetString(0), (0, 0, 0, new LatencyHistogram()));
                before.Latency.MergeBytes(row.GetFieldValue<byte[]>(4));
                return sums[row.GetString(0)] = (
                    before.Requests + row.GetInt64(1), before.Failures + row.GetInt64(2), before.Cost + row.GetDouble(3), before.Latency);
            });
        var sides = new Dictionary<string, ChangeSide>(sums.Count, StringComparer.Ordinal);
        foreach (var (id, (requests, failures, cost, latency)) in sums)
        {
            sides.Add(id, new ChangeSide(requests, latency.Percentile(0.5), (double)failures / requests, cost));
        }

        return sides;
    }
}
