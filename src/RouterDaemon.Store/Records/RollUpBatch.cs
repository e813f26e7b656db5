using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Records;

/// <summary>Adds one batch of requests to the hourly and daily roll-ups: summed here first, one upsert for each key.</summary>
internal sealed class RollUpBatch
{
    private readonly Dictionary<(string Hour, string Deployment, string Tier), Sums> _hours = [];
    private readonly Dictionary<(string Day, string User), (long Requests, double Cost)> _days = [];

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
        var day = _days.GetValueOrDefault((entry.CreatedAt[..10], entry.User));
        _days[(entry.CreatedAt[..10], entry.User)] = (day.Requests + 1, day.Cost + entry.CostUsd);
    }

    public void Write(SqliteConnection connection)
    {
        foreach (var ((hour, deployment, tier), sums) in _hours)
        {
            WriteHour(connection, hour, deployment, tier, sums);
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

        _hours.Clear();
        _days.Clear();
    }

    private static void WriteHour(SqliteConnection connection, string hour, string deployment, string tier, Sums sums)
    {
        const string Key = "WHERE hour = $hour AND deployment_id = $deployment AND user_tier = $tier";
        connection.Query(
            $"SELECT latency_hist, ttft_hist, itl_hist FROM r_rollups {Key}",
            row =>
            {
                sums.Latency.Merge(LatencyHistogram.FromBytes(row.GetFieldValue<byte[]>(0)));
                sums.Ttft.Merge(LatencyHistogram.FromBytes(row.GetFieldValue<byte[]>(1)));
                sums.Itl.Merge(LatencyHistogram.FromBytes(row.GetFieldValue<byte[]>(2)));
                return true;
            },
            ("$hour", hour), ("$deployment", deployment), ("$tier", tier));
        connection.Execute(
            """
            INSERT INTO r_rollups (hour, deployment_id, user_tier, model_id, backend_id, requests, errors, timeouts,
                                   input_tokens, output_tokens, cost_usd, latency_hist, ttft_hist, itl_hist)
            VALUES ($hour, $deployment, $tier, $model, $backend, $requests, $errors, $timeouts, $input, $output, $cost, $latency, $ttft, $itl)
            ON CONFLICT (hour, deployment_id, user_tier) DO UPDATE SET
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
    }
}
