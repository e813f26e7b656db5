using System.Diagnostics;
using System.Text.Json;
using RouterDaemon.Store;
using RouterDaemon.Store.Journal;
using Xunit;

namespace RouterDaemon.Tests.Store;

public sealed class JournalTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task RecordsBecomeRows()
    {
        await using var store = OpenStore();
        using var journal = OpenJournal();
        await using var drain = await StartAsync(store, journal);
        foreach (var outcome in Enum.GetValues<RequestOutcome>())
        {
            var record = Records.Routed(journal, (ulong)outcome, outcome);
            if (outcome is RequestOutcome.Refused or RequestOutcome.Masked)
            {
                record.DeploymentName = 0;
                record.Decision = DecisionKind.None;
            }

            Assert.True(journal.TryAppend(record));
        }

        var attempt = Records.Routed(journal, 0, RequestOutcome.Error);
        attempt.Flags = RequestFlags.IntermediateAttempt;
        Assert.True(journal.TryAppend(attempt));
        await drain.FlushAsync(Ct);
        Assert.Equal(8L, await CountAsync(store, "r_outcomes"));
        Assert.Equal(0, journal.Backlog);
        var rows = await store.ReadAsync(
            c => c.Query(
                "SELECT id, status, user_id, deployment_id, model_id, backend_id, latency_ms, created_at, router_version FROM requests ORDER BY id",
                r => string.Join(' ', Enumerable.Range(0, 9).Select(i => r.GetValue(i)))),
            Ct);
        Assert.Equal(
            [
                "req_018d0dd9e40000000000000000000000 success local gpt-4/aws gpt-4 aws 420 2024-01-15T16:00:00Z v1.2.3",
                "req_018d0dd9e40000000000000000000000.1 error local gpt-4/aws gpt-4 aws 420 2024-01-15T16:00:00Z v1.2.3",
                "req_018d0dd9e40100000000000000000001 error local gpt-4/aws gpt-4 aws 420 2024-01-15T16:00:00Z v1.2.3",
                "req_018d0dd9e40200000000000000000002 timeout local gpt-4/aws gpt-4 aws 420 2024-01-15T16:00:00Z v1.2.3",
            ],
            rows);
        var reason = await store.ReadAsync(c => (string)c.Scalar("SELECT routing_reason FROM requests LIMIT 1")!, Ct);
        using var json = JsonDocument.Parse(reason);
        Assert.Equal("premium", json.RootElement.GetProperty("user_tier").GetString());
        Assert.Equal(500, json.RootElement.GetProperty("latency_sla_ms").GetInt32());
        Assert.Equal(
            """[{"deployment":"gpt-4/aws","estimated_latency_ms":410,"available":true},{"deployment":"llama-70b/k8s","estimated_latency_ms":null,"available":false,"reason":"breaker open"}]""",
            json.RootElement.GetProperty("options_considered").GetRawText());
        Assert.Equal(
            "chose gpt-4/aws by policy priced, predicted TTFT 75 ms, predicted cost 0.002 USD; runner-up llama-70b/k8s priced 0.0005 USD higher",
            json.RootElement.GetProperty("decision").GetString());
    }

    [Fact]
    public async Task RollUpsEqualTheRows()
    {
        await using var store = OpenStore();
        using var journal = OpenJournal();
        await using var drain = await StartAsync(store, journal);
        for (ulong i = 0; i < 3000; i++)
        {
            var record = Records.Routed(journal, i, (RequestOutcome)(i % 3));
            record.StartUnixMicros = Records.Start + ((long)i * 3_000_000);
            record.UserName = journal.Intern($"user{i % 5}");
            record.LatencyMs = i;
            Assert.True(journal.TryAppend(record));
            if (i % 700 == 0)
            {
                await drain.FlushAsync(Ct);
            }
        }

        await drain.FlushAsync(Ct);
        const string Sums = "count(*), sum(status = 'error'), sum(status = 'timeout'), sum(input_tokens), round(sum(cost_usd), 6)";
        var raw = await store.ReadAsync(c => c.Query($"SELECT substr(created_at, 1, 13), {Sums} FROM requests GROUP BY 1", Row), Ct);
        var rolled = await store.ReadAsync(
            c => c.Query("SELECT substr(hour, 1, 13), requests, errors, timeouts, input_tokens, round(cost_usd, 6) FROM r_rollups ORDER BY hour", Row), Ct);
        Assert.Equal(raw, rolled);
        Assert.Equal(
            await store.ReadAsync(c => c.Query("SELECT substr(created_at, 1, 10), user_id, count(*) FROM requests GROUP BY 1, 2", Row), Ct),
            await store.ReadAsync(c => c.Query("SELECT day, user_id, requests FROM r_user_days ORDER BY day, user_id", Row), Ct));

        static string Row(Microsoft.Data.Sqlite.SqliteDataReader r) => string.Join(' ', Enumerable.Range(0, r.FieldCount).Select(i => r.GetValue(i)));
    }

    [Fact]
    public async Task ADemoStoreKeepsItsContractTables()
    {
        await using var store = ContextStore.Open(_folder.File("context.db"), TimeProvider.System, new ContextStoreOptions { Kind = StoreKind.Demo });
        using var journal = OpenJournal();
        await using var drain = await StartAsync(store, journal);
        Assert.True(journal.TryAppend(Records.Routed(journal, 1)));
        await drain.FlushAsync(Ct);
        Assert.Equal(1L, await CountAsync(store, "r_outcomes"));
        foreach (var table in new[] { "requests", "deployments", "users", "r_rollups" })
        {
            Assert.Equal(0L, await CountAsync(store, table));
        }
    }

    [Fact]
    public async Task TheRingTakesItsCapacityAndCountsWhatIsMore()
    {
        await using var store = OpenStore();
        using var journal = OpenJournal(new JournalOptions { CapacityRecords = 64, FullSpins = 3 });
        // Holding the writer keeps the drain from making room.
        await using var drain = await StartAsync(store, journal);
        using var release = new ManualResetEventSlim();
        var held = store.WriteAsync(
            _ =>
            {
                release.Wait(Ct);
                return 0;
            },
            Ct);
        var record = Records.Routed(journal, 1);
        for (var i = 0; i < 64; i++)
        {
            record.Id = RequestId.Create(1, 0, (ulong)i);
            Assert.True(journal.TryAppend(record));
        }

        Assert.False(journal.TryAppend(record));
        Assert.Equal(1, journal.Dropped);
        release.Set();
        await held;
        await drain.FlushAsync(Ct);
        Assert.True(journal.TryAppend(Records.Routed(journal, 99)));
        await drain.FlushAsync(Ct);
        Assert.Equal(65L, await CountAsync(store, "r_outcomes"));
    }

    [Fact]
    public async Task AppendAllocatesNothing()
    {
        await using var store = OpenStore();
        using var journal = OpenJournal(new JournalOptions { CapacityRecords = 65_536 });
        await using var drain = await StartAsync(store, journal);
        var record = Records.Routed(journal, 1);
        var least = long.MaxValue;
        for (var batch = 0; batch < 5; batch++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                record.UserName = journal.Intern("gpt-4/aws");
                journal.TryAppend(record);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        var canary = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(new byte[16]);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() > canary);
    }

    [Fact]
    public async Task ManyThreadsAppendWhileTheDrainRuns()
    {
        const int Threads = 4, Each = 2500;
        await using var store = OpenStore();
        using var journal = OpenJournal(new JournalOptions { CapacityRecords = 1024, FullSpins = int.MaxValue });
        await using (var drain = await StartAsync(store, journal))
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
            {
                var record = Records.Routed(journal, 0, RequestOutcome.Masked);
                for (var i = 0; i < Each; i++)
                {
                    record.Id = new RequestId((ulong)thread, (ulong)i);
                    Assert.True(journal.TryAppend(record));
                }
            })));
        }

        Assert.Equal((long)Threads * Each, await CountAsync(store, "r_outcomes"));
        Assert.Null(await store.ReadAsync(c => c.Scalar("SELECT value FROM r_meta WHERE key = 'journal_refused_rows'"), Ct));
    }

    [Fact]
    public async Task ASecondDaemonOnTheSameJournalIsRefused()
    {
        await using var store = OpenStore();
        using var journal = OpenJournal();
        var error = Assert.Throws<StoreException>(() => OpenJournal());
        Assert.Contains("requests.ring: the journal cannot be opened; is another routerd using this home?", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATornOrDamagedRecordIsNeverReplayed()
    {
        using (var journal = OpenJournal())
        {
            var store = OpenStore();
            var drain = await JournalDrain.StartAsync(store, journal, "v", _ => { }, Ct);
            // Without its store the drain leaves the records where they are, as kill -9 does.
            await store.DisposeAsync();
            for (ulong i = 1; i <= 3; i++)
            {
                Assert.True(journal.TryAppend(Records.Routed(journal, i)));
            }

            await drain.DisposeAsync();
        }

        var path = _folder.File("journal/requests.ring");
        using (var file = File.Open(path, FileMode.Open))
        {
            file.Position = 4096 + RequestRecord.SizeBytes + 100;
            file.WriteByte(0xAB);
        }

        await using var fresh = OpenStore();
        using var again = OpenJournal();
        await using var replay = await StartAsync(fresh, again);
        Assert.Equal(2, replay.Replayed);
        Assert.Equal(
            ["req_018d0dd9e40100000000000000000001", "req_018d0dd9e40300000000000000000003"],
            await fresh.ReadAsync(c => c.Query("SELECT id FROM requests ORDER BY id", r => r.GetString(0)), Ct));
    }

    [Fact]
    public async Task NamesSurviveAndLongOnesAreCut()
    {
        await using var store = OpenStore();
        using var journal = OpenJournal(new JournalOptions { NamesBytes = 4096 });
        await using var drain = await StartAsync(store, journal);
        Assert.Equal(0, journal.Intern(""));
        var number = journal.Intern(new string('é', 400));
        Assert.Equal(new string('é', 256), journal.Name(number));
        Assert.Equal(number, journal.Intern(new string('é', 400)));
        for (var i = 0; journal.RefusedNames == 0; i++)
        {
            Assert.True(i < 1000);
            journal.Intern($"name number {i}");
        }

        Assert.Equal(0, journal.Intern("one more"));
        Assert.Equal("", journal.Name(99_999));
    }

    [Fact]
    public async Task ADiskErrorIsReportedAndNothingIsLost()
    {
        var store = OpenStore();
        using var journal = OpenJournal();
        var errors = new List<Exception>();
        var drain = await JournalDrain.StartAsync(store, journal, "v", errors.Add, Ct);
        Assert.True(journal.TryAppend(Records.Routed(journal, 1)));
        await store.DisposeAsync();
        await drain.DisposeAsync();
        Assert.NotEmpty(errors);
        journal.Dispose();
        await using var next = OpenStore();
        using var reopened = OpenJournal();
        await using var replay = await StartAsync(next, reopened);
        Assert.Equal(1, replay.Replayed);
        Assert.Equal(1L, await CountAsync(next, "requests"));
    }

    [Fact]
    public async Task KillNineUnderLoadLosesNothingAndDoublesNothing()
    {
        const int Rounds = 4;
        var acknowledged = new long[Rounds, JournalChild.Threads];
        for (var round = 0; round < Rounds; round++)
        {
            using var child = JournalChild.Start(_folder.Path, round);
            await child.WaitForAppendsAsync(2_000 + (round * 700), Ct);
            child.Kill();
            for (var thread = 0; thread < JournalChild.Threads; thread++)
            {
                acknowledged[round, thread] = child.Acknowledged(thread);
            }
        }

        await using var store = OpenStore();
        using var journal = OpenJournal();
        await using var drain = await StartAsync(store, journal);
        for (var round = 0; round < Rounds; round++)
        {
            for (var thread = 0; thread < JournalChild.Threads; thread++)
            {
                var (count, max) = await store.ReadAsync(
                    c => c.Query(
                        "SELECT count(*), COALESCE(max(attempts + 256 * http_status), 0) FROM r_outcomes WHERE user_id = $user",
                        r => (r.GetInt64(0), r.GetInt64(1)), ("$user", JournalChild.UserOf(round, thread)))[0],
                    Ct);
                Assert.InRange(count, acknowledged[round, thread], acknowledged[round, thread] + 1);
                Assert.Equal(count == 0 ? 0 : (count - 1) % (1 << 22), max);
            }
        }

        Assert.Equal(await CountAsync(store, "r_outcomes"), await CountAsync(store, "requests"));
        Assert.Null(await store.ReadAsync(c => c.Scalar("SELECT value FROM r_meta WHERE key = 'journal_refused_rows'"), Ct));
    }

    private static Task<JournalDrain> StartAsync(ContextStore store, RequestJournal journal) =>
        JournalDrain.StartAsync(store, journal, "v1.2.3", e => Debug.Fail(e.ToString()), Ct);

    private static Task<long> CountAsync(ContextStore store, string table) =>
        store.ReadAsync(c => (long)c.Scalar($"SELECT count(*) FROM {table}")!, Ct);

    private ContextStore OpenStore() => ContextStore.Open(_folder.File("context.db"), TimeProvider.System);

    private RequestJournal OpenJournal(JournalOptions? options = null) => RequestJournal.Open(_folder.File("journal"), options);
}
