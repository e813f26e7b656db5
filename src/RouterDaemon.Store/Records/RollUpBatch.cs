using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Records;

/// <summary>Adds one batch of requests to the hourly and daily roll-ups: summed here first, one upsert for each key.</summary>
internal sealed class RollUpBatch
{
    private readonly Dictionary<(string Hour, string Deployment, string Tier), Sums> _hours = [];
    private readonly Dictionary<(string Day, string User), (long Requests, double Cost)> _days = [];
    private readonly Dictionary<(string User, string Deployment), (long Requests, long Errors, long Timeouts)> _pairs = [];

    public void Add(in RollUpEntry entry)
    {
        var hour = entry.CreatedAt[..13] + ":00:00Z";
        if (!_hours.TryGetValue((hour, entry.Deployment, entry.Tier), out var sums))
        {
            _hours[(hour, entry.Deployment, entry.Tier)] = sums = new Sums(entry.Model, entry.Backend);
        }

        sums.Requests++;
        sums.Errors += entry.Status == "error" ? 1 : 0;
        sums.Timeouts += entry.Status == "timeout" ? 1 : 0;
        sums.InputTokens += entry.InputTokens;
        sums.OutputTokens += entry.OutputTokens;
        sums.CostUsd += entry.CostUsd;
        sums.Latency.Add(entry.LatencyMs);
        sums.Ttft.Add(entry.TtftMs);
        sums.Itl.Add(entry.ItlMs);
        var pair = _pairs.GetValueOrDefault((entry.User, entry.Deployment));
        _pairs[(entry.User, entry.Deployment)] = (
            pair.Requests + 1, pair.Errors + (entry.Status == "error" ? 1 : 0), pair.Timeouts + (entry.Status == "timeout" ? 1 : 0));
        var day = _days.GetValueOrDefault((entry.CreatedAt[..10], entry.User));
        _days[(entry.CreatedAt[..10], entry.User)] = (day.Requests + 1, day.Cost + entry.CostUsd);
    }

    public void Write(SqliteConnection connection)
    {
        var days = new Dictionary<(string Day, string Deployment, string Tier), Sums>();
        foreach (var ((hour, deployment, tier), sums) in _hours)
        {
            if (!days.TryGetValue((hour[..10], deployment, tier), out var day))
            {
                days[(hour[..10], deployment, tier)] = day = new Sums(sums.Model, sums.Backend);
            }

            day.Add(sums);
            WriteSums(connection, "r_rollups", "hour", hour, deployment, tier, sums);
        }

        foreach (var ((day, deployment, tier), sums) in days)
        {
            WriteSums(connection, "r_day_rollups", "day", day, deployment, tier, sums);
        }

        foreach (var ((day, user), (requests, cost)) in _days)
        {
            connection.Execute(
                """
                INSERT INTO r_user_days (day, user_id, requests, cost_usd) VALUES ($day, $user, $requests, $cost)
                ON CONFLICT (day, user_id) DO UPDATE SET requests = requests + excluded.requests, cost_usd = cost_usd + excluded.cost_usd
                """,
                ("$day", day), ("$user", user), ("$requests", requests), ("$cost", cost));
        }

        foreach (var ((user, deployment), (requests, errors, timeouts)) in _pairs)
        {
            connection.Execute(
                """
                INSERT INTO r_pairs (user_id, deployment_id, requests, errors, timeouts) VALUES ($user, $deployment, $requests, $errors, $timeouts)
                ON CONFLICT (user_id, deployment_id) DO UPDATE SET
                    requests = requests + excluded.requests, errors = errors + excluded.errors, timeouts = timeouts + excluded.timeouts
                """,
                ("$user", user), ("$deployment", deployment), ("$requests", requests), ("$errors", errors), ("$timeouts", timeouts));
        }

        _pairs.Clear();
        _hours.Clear();
        _days.Clear();
    }

    /// <summary>Fills the days of a file that has only hours, from an older version. Does nothing when it was done before.</summary>
    public static void EnsureDays(SqliteConnection connection)
    {
        const string Done = "day_rollups";
        if (Meta.Get(connection, Done) is not null)
        {
            return;
        }

        connection.Execute("DELETE FROM r_day_rollups");
        var days = new Dictionary<(string Day, string Deployment, string Tier), Sums>();
        connection.Query(
            "SELECT hour, deployment_id, user_tier, model_id, backend_id, requests, errors, timeouts, input_tokens, output_tokens, cost_usd, latency_hist, ttft_hist, itl_hist FROM r_rollups",
            row =>
            {
                var key = (row.GetString(0)[..10], row.GetString(1), row.GetString(2));
                if (!days.TryGetValue(key, out var sums))
                {
                    days[key] = sums = new Sums(row.GetString(3), row.GetString(4));
                }

                sums.Add(row);
                return true;
            });
        foreach (var ((day, deployment, tier), sums) in days)
        {
            WriteSums(connection, "r_day_rollups", "day", day, deployment, tier, sums);
        }

        Meta.Set(connection, Done, "1");
    }

    private static void WriteSums(SqliteConnection connection, string table, string time, string hour, string deployment, string tier, Sums sums)
    {
        connection.Query(
            $"SELECT latency_hist, ttft_hist, itl_hist FROM {table} WHERE {time} = $hour AND deployment_id = $deployment AND user_tier = $tier",
            row =>
            {
                sums.Latency.Merge(LatencyHistogram.FromBytes(row.GetFieldValue<byte[]>(0)));
                sums.Ttft.Merge(LatencyHistogram.FromBytes(row.GetFieldValue<byte[]>(1)));
                sums.Itl.Merge(LatencyHistogram.FromBytes(row.GetFieldValue<byte[]>(2)));
                return true;
            },
            ("$hour", hour), ("$deployment", deployment), ("$tier", tier));
        connection.Execute(
            $"""
            INSERT INTO {table} ({time}, deployment_id, user_tier, model_id, backend_id, requests, errors, timeouts,
                                   input_tokens, output_tokens, cost_usd, latency_hist, ttft_hist, itl_hist)
            VALUES ($hour, $deployment, $tier, $model, $backend, $requests, $errors, $timeouts, $input, $output, $cost, $latency, $ttft, $itl)
            ON CONFLICT ({time}, deployment_id, user_tier) DO UPDATE SET
                requests = requests + excluded.requests, errors = errors + excluded.errors, timeouts = timeouts + excluded.timeouts,
                input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
                cost_usd = cost_usd + excluded.cost_usd,
                latency_hist = excluded.latency_hist, ttft_hist = excluded.ttft_hist, itl_hist = excluded.itl_hist
            """,
            ("$hour", hour), ("$deployment", deployment), ("$tier", tier), ("$model", sums.Model), ("$backend", sums.Backend),
            ("$requests", sums.Requests), ("$errors", sums.Errors), ("$timeouts", sums.Timeouts),
            ("$input", sums.InputTokens), ("$output", sums.OutputTokens), ("$cost", sums.CostUsd),
            ("$latency", sums.Latency.ToBytes()), ("$ttft", sums.Ttft.ToBytes()), ("$itl", sums.Itl.ToBytes()));
    }

    private sealed class Sums(string model, string backend)
    {
        public string Model { get; } = model;

        public string Backend { get; } = backend;

        public long Requests { get; set; }

        public long Errors { get; set; }

        public long Timeouts { get; set; }

        public long InputTokens { get; set; }

        public long OutputTokens { get; set; }

        public double CostUsd { get; set; }

        public LatencyHistogram Latency { get; } = new();

        public LatencyHistogram Ttft { get; } = new();

        public LatencyHistogram Itl { get; } = new();

        public void Add(Sums other)
        {
            Requests += other.Requests;
            Errors += other.Errors;
            Timeouts += other.Timeouts;
            InputTokens += other.InputTokens;
            OutputTokens += other.OutputTokens;
            CostUsd += other.CostUsd;
            Latency.Merge(other.Latency);
            Ttft.Merge(other.Ttft);
            Itl.Merge(other.Itl);
        }

        public void Add(SqliteDataReader row)
        {
            Requests += row.GetInt64(5);
            Errors += row.GetInt64(6);
            Timeouts += row.GetInt64(7);
            InputTokens += row.GetInt64(8);
            OutputTokens += row.GetInt64(9);
            CostUsd += row.GetDouble(10);
            Latency.MergeBytes(row.GetFieldValue<byte[]>(11));
            Ttft.MergeBytes(row.GetFieldValue<byte[]>(12));
            Itl.MergeBytes(row.GetFieldValue<byte[]>(13));
        }
    }
}
