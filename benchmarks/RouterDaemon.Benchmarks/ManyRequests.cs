using RouterDaemon.Store;
using RouterDaemon.Store.Journal;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Benchmarks;

/// <summary>Builds a live store as the daemon would have over a month: the same writer, rows and roll-ups, without the requests.</summary>
internal static class ManyRequests
{
    public const int Days = 30;
    public const int Users = 200;
    private const int Batch = 50_000;

    // Not at a full hour, so that windows have edges.
    public static readonly DateTimeOffset End = new(2026, 3, 31, 16, 47, 12, TimeSpan.Zero);

    private static readonly string[] Deployments =
        ["model-a/east", "model-a/west", "model-b/east", "model-b/west", "model-c/east", "model-c/west", "model-d/east", "model-d/west"];

    public static async Task BuildAsync(string file, int rows)
    {
        var building = file + ".building";
        File.Delete(building);
        var folder = Directory.CreateTempSubdirectory("routerd-journal");
        await using (var store = ContextStore.Open(building, TimeProvider.System))
        using (var journal = RequestJournal.Open(folder.FullName))
        await using (await JournalDrain.StartAsync(store, journal, "v1", e => throw e))
        using (var writer = new RequestRows(journal, StoreKind.Live, "v1"))
        {
            var random = new Random(42);
            var records = new RequestRecord[Batch];
            var start = (End - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond - ((long)Days * 86_400_000_000);
            for (var at = 0; at < rows; at += Batch)
            {
                var count = Math.Min(Batch, rows - at);
                for (var i = 0; i < count; i++)
                {
                    records[i] = Next(journal, random, start + (long)((at + i) * (Days * 86_400_000_000.0 / rows)), (ulong)(at + i));
                }

                await store.WriteAsync(connection => writer.Write(connection, records.AsSpan(0, count)));
                await Console.Error.WriteAsync($"\r{at + count} of {rows} requests");
            }

            await store.WriteAsync(Scores);
            await store.WriteAsync(connection => connection.Execute(
                """
                UPDATE deployments SET latency_p50_ms = 400, latency_p95_ms = 1500, error_rate = 0.04, sample_count = 5000;
                INSERT INTO incidents VALUES ('inc_1', 'deployment', 'model-d/west', 'Latency shift', 'active', '2026-03-31T15:00:00Z', NULL)
                """));
        }

        folder.Delete(recursive: true);
        File.Move(building, file);
        await Console.Error.WriteLineAsync();
    }

    // Few users send most requests, as in the public traces; the last deployment gets 2 % of them.
    private static RequestRecord Next(RequestJournal journal, Random random, long micros, ulong number)
    {
        var user = 1 + (int)(Users * Math.Pow(random.NextDouble(), 3));
        var deployment = random.Next(50) == 0 ? 7 : random.Next(7);
        var outcome = random.Next(100) switch
        {
            < 3 => RequestOutcome.Error,
            3 => RequestOutcome.Timeout,
            _ => RequestOutcome.Success,
        };
        return new RequestRecord
        {
            Id = RequestId.Create(micros / 1000, number & 0xFFFF, number * 0x9E3779B97F4A7C15UL),
            StartUnixMicros = micros,
            LatencyMs = 200 * Math.Exp(random.NextDouble() * 3) * (1 + (deployment * 0.1)),
            TtftMs = 80 * Math.Exp(random.NextDouble()),
            ItlMeanMs = 10 + (random.NextDouble() * 20),
            CostUsd = random.NextDouble() * 0.01,
            PredictedTtftMs = 100,
            PredictedItlMs = 15,
            PredictedCostUsd = 0.005,
            DeploymentName = journal.Intern(Deployments[deployment]),
            UserName = journal.Intern($"user_{user}"),
            Tier = (UserTier)(user % 10 < 2 ? 1 : user % 10 < 7 ? 0 : 2),
            TaskTypeName = journal.Intern((number & 3) switch { 0 => "chat", 1 => "coding", 2 => "summarization", _ => "reasoning" }),
            VirtualModelName = journal.Intern("auto"),
            PolicyName = journal.Intern("priced"),
            PromptTokens = 200 + random.Next(4000),
            CompletionTokens = 20 + random.Next(600),
            HttpStatus = 200,
            Attempts = 1,
            Outcome = outcome,
            Decision = DecisionKind.Chosen,
        };
    }

    // 60 % of the requests are scored, an hour and more later; in bulk what QualityRows writes one by one.
    private static int Scores(Microsoft.Data.Sqlite.SqliteConnection connection) => connection.Execute(
        """
        INSERT INTO quality_scores (request_id, score, evaluated_at)
        SELECT id, 0.5 + (rowid % 500) / 1000.0, strftime('%Y-%m-%dT%H:%M:%SZ', created_at, '+' || (60 + rowid % 400) || ' minutes')
        FROM requests WHERE rowid % 10 < 6;
        INSERT INTO r_quality_times (evaluated_at, request_id) SELECT evaluated_at, request_id FROM quality_scores ORDER BY 1, 2;
        INSERT INTO r_quality_rollups (hour, model_id, task_type, scores, sum, min, max)
        SELECT substr(q.evaluated_at, 1, 13) || ':00:00Z', r.model_id, COALESCE(r.task_type, 'unknown'), count(*), total(q.score), min(q.score), max(q.score)
        FROM quality_scores q JOIN requests r ON r.id = q.request_id GROUP BY 1, 2, 3
        """);
}
