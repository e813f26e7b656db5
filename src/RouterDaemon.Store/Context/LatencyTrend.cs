using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Store.Context;

/// <summary>
/// Latency and errors for each bucket and deployment: exact percentiles where all is read from rows, within 1.6 % where roll-ups take part
/// (see <see cref="WindowParts"/>).
/// </summary>
public static class LatencyTrend
{
    /// <summary>Rows that are still read one by one.</summary>
    public const int RawRowLimit = WindowParts.RawRowLimit;

    /// <summary>Buckets in order of period, then deployment. Both ends of the window are inclusive.</summary>
    public static List<LatencyBucket> Read(
        SqliteConnection connection, DateTimeOffset since, DateTimeOffset until, bool byDay, string? deployment, string? model, string? backend)
    {
        Filter Matching() => new Filter().And("deployment_id", "=", deployment).And("model_id", "=", model).And("backend_id", "=", backend);
        var buckets = new SortedDictionary<(string Period, string Deployment), Builder>(Order);
        var parts = WindowParts.OfRequests(connection, since, until);
        if (parts.Hours is { } hours)
        {
            ReadRollUps(connection, hours, Matching, byDay, buckets);
        }

        foreach (var range in parts.Rows)
        {
            ReadRows(connection, range.On("created_at", Matching()), byDay, exact: parts.Hours is null, buckets);
        }

        var result = new List<LatencyBucket>(buckets.Count);
        foreach (var ((period, id), builder) in buckets)
        {
            result.Add(builder.Build(period, id));
        }

        return result;
    }

    private static readonly IComparer<(string Period, string Deployment)> Order = Comparer<(string Period, string Deployment)>.Create(
        (a, b) => string.CompareOrdinal(a.Period, b.Period) is var c and not 0 ? c : string.CompareOrdinal(a.Deployment, b.Deployment));

    private static string PeriodOf(string timestamp, bool byDay) => byDay ? timestamp[..10] + "T00:00:00Z" : timestamp[..13] + ":00:00Z";

    private static string PeriodSql(bool byDay) => byDay ? "substr(created_at, 1, 10) || 'T00:00:00Z'" : "substr(created_at, 1, 13) || ':00:00Z'";

    private static void ReadRows(
        SqliteConnection connection, Filter filter, bool byDay, bool exact, SortedDictionary<(string, string), Builder> buckets)
    {
        var texts = new TextPool();
        filter.Query(
            connection,
            $"SELECT {PeriodSql(byDay)}, deployment_id, latency_ms, status = 'success' FROM requests INDEXED BY idx_requests_created {filter.Where}",
            row =>
            {
                var bucket = Of(buckets, texts.Read(row, 0), texts.Read(row, 1));
                bucket.Requests++;
                bucket.Failures += row.GetInt64(3) == 1 ? 0 : 1;
                if (row.LongOrNull(2) is { } latency)
                {
                    bucket.Add(latency, exact);
                }

                return true;
            });
    }

    private static void ReadRollUps(
        SqliteConnection connection, WholeHours hours, Func<Filter> matching, bool byDay, SortedDictionary<(string, string), Builder> buckets)
    {
        var texts = new TextPool();
        RollUps.Read(
            connection, hours, byDay, matching, "deployment_id, requests, errors + timeouts, latency_hist",
            row =>
            {
                var bucket = Of(buckets, PeriodOf(row.GetString(0), byDay), texts.Read(row, 1));
                bucket.Requests += row.GetInt64(2);
                bucket.Failures += row.GetInt64(3);
                bucket.Histogram.MergeBytes(row.GetFieldValue<byte[]>(4));
                return true;
            });
    }

    private static Builder Of(SortedDictionary<(string, string), Builder> buckets, string period, string deployment)
    {
        if (!buckets.TryGetValue((period, deployment), out var builder))
        {
            buckets[(period, deployment)] = builder = new Builder();
        }

        return builder;
    }

    private sealed class Builder
    {
        private readonly List<long> _exact = [];

        public long Requests { get; set; }

        public long Failures { get; set; }

        public LatencyHistogram Histogram { get; } = new();

        public void Add(long latencyMs, bool exact)
        {
            if (exact)
            {
                _exact.Add(latencyMs);
            }
            else
            {
                Histogram.Add(latencyMs);
            }
        }

        public LatencyBucket Build(string period, string deployment)
        {
            _exact.Sort();
            return new LatencyBucket(
                period, deployment, Requests, At(0.5), At(0.95), Math.Round((double)Failures / Requests, 6));
        }

        private long? At(double p) =>
            Histogram.Count > 0 ? (long)Math.Round(Histogram.Percentile(p)!.Value) : Percentile.Of(_exact, p);
    }
}
