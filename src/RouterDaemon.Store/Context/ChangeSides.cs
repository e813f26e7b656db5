using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Store.Context;

/// <summary>Reads the figures of a window by kind: from the rows, or from the roll-ups when there are very many.</summary>
public sealed class ChangeSides
{
    private readonly SqliteConnection _connection;
    private readonly bool _rolledUp;
    private readonly Dictionary<DateTimeOffset, Dictionary<(string Deployment, string Model, string Tier), Sums>> _windows = [];

    private readonly Dictionary<DateTimeOffset, Dictionary<string, Dictionary<string, RowGroup>>> _rows = [];
    private readonly Dictionary<string, string> _tiers = new(StringComparer.Ordinal);

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
        var groups = RowsOf(since, until, inclusive)[kind];
        var sides = new Dictionary<string, ChangeSide>(groups.Count, StringComparer.Ordinal);
        foreach (var (id, group) in groups)
        {
            var latencies = group.LatenciesMs;
            latencies.Sort();
            sides.Add(id, new ChangeSide(
                group.Requests, latencies.Count > 0 ? latencies[(latencies.Count - 1) / 2] : null, (double)group.Failures / group.Requests, group.CostUsd));
        }

        return sides;
    }

    // Read once for all kinds, and in one pass: sorting and joining in SQL takes several times as long.
    private Dictionary<string, Dictionary<string, RowGroup>> RowsOf(DateTimeOffset since, DateTimeOffset until, bool inclusive)
    {
        if (_rows.TryGetValue(since, out var kinds))
        {
            return kinds;
        }

        if (_tiers.Count == 0)
        {
            _connection.Query("SELECT id, tier FROM users", row => _tiers[row.GetString(0)] = row.GetString(1));
        }

        _rows[since] = kinds = new Dictionary<string, Dictionary<string, RowGroup>>(StringComparer.Ordinal);
        foreach (var kind in Kinds)
        {
            kinds[kind] = new Dictionary<string, RowGroup>(StringComparer.Ordinal);
        }

        var (deployments, models, tiers, versions) = (kinds["deployment"], kinds["model"], kinds["tier"], kinds["router_version"]);
        var texts = new TextPool();
        var filter = new Filter().And("created_at", ">=", Rfc3339.Format(since)).And("created_at", inclusive ? "<=" : "<", Rfc3339.Format(until));
        filter.QueryWhile(
            _connection,
            $"SELECT deployment_id, model_id, user_id, COALESCE(router_version, 'unknown'), latency_ms, status = 'success', cost_usd FROM requests {filter.Where}",
            row =>
            {
                var (latency, failed, cost) = (row.DoubleOrNull(4), row.GetInt64(5) == 0, row.DoubleOrNull(6) ?? 0);
                Of(deployments, texts.Read(row, 0)).Add(latency, failed, cost);
                Of(models, texts.Read(row, 1)).Add(latency, failed, cost);
                Of(tiers, _tiers.GetValueOrDefault(texts.Read(row, 2), "unknown")).Add(latency, failed, cost);
                Of(versions, texts.Read(row, 3)).Add(latency, failed, cost);
                return true;
            });
        return kinds;
    }

    private static RowGroup Of(Dictionary<string, RowGroup> groups, string id)
    {
        if (!groups.TryGetValue(id, out var group))
        {
            groups[id] = group = new RowGroup();
        }

        return group;
    }

    private Dictionary<string, ChangeSide> FromRollUps(string kind, DateTimeOffset since, DateTimeOffset until)
    {
        var sums = new Dictionary<string, Sums>(StringComparer.Ordinal);
        foreach (var ((deployment, model, tier), part) in Window(since, until))
        {
            var id = kind switch
            {
                "deployment" => deployment,
                "model" => model,
                _ => tier,
            };
            if (!sums.TryGetValue(id, out var sum))
            {
                sums[id] = sum = new Sums();
            }

            sum.Add(part);
        }

        var sides = new Dictionary<string, ChangeSide>(sums.Count, StringComparer.Ordinal);
        foreach (var (id, sum) in sums)
        {
            sides.Add(id, new ChangeSide(sum.Requests, sum.Latency.Percentile(0.5), (double)sum.Failures / sum.Requests, sum.CostUsd));
        }

        return sides;
    }

    // Read once for all kinds: a window of weeks has thousands of histograms.
    private Dictionary<(string Deployment, string Model, string Tier), Sums> Window(DateTimeOffset since, DateTimeOffset until)
    {
        if (_windows.TryGetValue(since, out var window))
        {
            return window;
        }

        _windows[since] = window = [];
        RollUps.Read(
            _connection, new WholeHours(Rfc3339.Format(since), Rfc3339.Format(until)), byDay: true, () => new Filter(),
            "deployment_id, model_id, user_tier, requests, errors + timeouts, cost_usd, latency_hist",
            row =>
            {
                var key = (row.GetString(1), row.GetString(2), row.GetString(3));
                if (!window.TryGetValue(key, out var sums))
                {
                    window[key] = sums = new Sums();
                }

                sums.Requests += row.GetInt64(4);
                sums.Failures += row.GetInt64(5);
                sums.CostUsd += row.GetDouble(6);
                sums.Latency.MergeBytes(row.GetFieldValue<byte[]>(7));
                return true;
            });
        return window;
    }

    private sealed class RowGroup
    {
        public List<double> LatenciesMs { get; } = [];

        public int Requests { get; private set; }

        public int Failures { get; private set; }

        public double CostUsd { get; private set; }

        public void Add(double? latencyMs, bool failed, double costUsd)
        {
            Requests++;
            Failures += failed ? 1 : 0;
            CostUsd += costUsd;
            if (latencyMs is { } latency)
            {
                LatenciesMs.Add(latency);
            }
        }
    }

    private sealed class Sums
    {
        public long Requests { get; set; }

        public long Failures { get; set; }

        public double CostUsd { get; set; }

        public LatencyHistogram Latency { get; } = new();

        public void Add(Sums other)
        {
            Requests += other.Requests;
            Failures += other.Failures;
            CostUsd += other.CostUsd;
            Latency.Merge(other.Latency);
        }
    }
}
