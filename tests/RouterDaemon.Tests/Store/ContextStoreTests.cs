using RouterDaemon.Store;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Journal;
using RouterDaemon.Store.Records;
using RouterDaemon.Store.Schema;
using Xunit;

namespace RouterDaemon.Tests.Store;

public sealed class ContextStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("001_context.sql", "1a4042c035b110013a2e05743b31faf924a27a5acd1d6c288888342e3828a422")]
    [InlineData("002_router.sql", "d8768681b7c0eb5dc6ff471938bf7514e6eae7c13f386116562a9955ba518128")]
    [InlineData("003_windows.sql", "be239e1ba8c63bf7648f985a1184089b54182bb85215e0e2213e6e098439ca90")]
    [InlineData("004_responses.sql", "06f92738107ad0f86f1fc24ef2b0efc9d649d67900b8a17b500490e669b6d2ca")]
    [InlineData("005_large_windows.sql", "565de014ea77959a91cc8c96af514296132dba9929f873aed9bb6ae55e256020")]
    [InlineData("Models/001_models.sql", "c48bd9a58245d58420408b24fac83f2e5f6fdc318a44694eb490b911f1928e92")]
    [InlineData("Models/002_keys.sql", "0d470d8a4f4b96f23612e9589a41d4ed8561e59de02cbaf6a3f1f844e886f078")]
    public void MigrationsAreFrozen(string name, string hash)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(Migrations.Read(name));
        Assert.Equal(hash, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
    }

    [Fact]
    public void EveryEmbeddedMigrationIsListedInOrder()
    {
        var embedded = typeof(Migrations).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order();
        Assert.Equal(Migrations.Context.Concat(Migrations.Models).Select(n => "Schema/" + n).Order(), embedded);
        Assert.Equal(Migrations.Context.Order(), Migrations.Context);
    }

    [Fact]
    public async Task OpeningTwiceKeepsTheRows()
    {
        for (var round = 0; round < 2; round++)
        {
            await using var store = ContextStore.Open(_folder.File("data/context.db"), TimeProvider.System);
            Assert.Equal(StoreKind.Live, store.Kind);
            Assert.Equal(1L, await store.ReadAsync(c => c.Scalar("SELECT count(*) FROM users WHERE id = 'local' AND tier = 'standard'"), Ct));
            Assert.Equal("wal", await store.ReadAsync(c => c.Scalar("PRAGMA journal_mode"), Ct));
        }
    }

    [Fact]
    public async Task AStoreKeepsItsKind()
    {
        var path = _folder.File("demo.db");
        await using (var demo = ContextStore.Open(path, TimeProvider.System, new ContextStoreOptions { Kind = StoreKind.Demo }))
        {
            Assert.Equal(0L, await demo.ReadAsync(c => c.Scalar("SELECT count(*) FROM users"), Ct));
        }

        await using var again = ContextStore.Open(path, TimeProvider.System);
        Assert.Equal(StoreKind.Demo, again.Kind);
    }

    [Fact]
    public void AFileThatIsNoDatabaseIsNamed()
    {
        var path = _folder.File("context.db");
        File.WriteAllText(path, new string('x', 5000));
        var error = Assert.Throws<StoreException>(() => ContextStore.Open(path, TimeProvider.System));
        Assert.Equal($"{path}: is not an SQLite database", error.Message);
    }

    [Fact]
    public async Task ANewerSchemaIsRefused()
    {
        var path = _folder.File("context.db");
        await using (var store = ContextStore.Open(path, TimeProvider.System))
        {
            await store.WriteAsync(c => c.Scalar("SELECT 1"), Ct);
        }

        using (var connection = SqliteFile.OpenWriter(path, Migrations.Context))
        {
            connection.Execute($"PRAGMA user_version = {Migrations.Context.Length + 1}");
        }

        var error = Assert.Throws<StoreException>(() => ContextStore.Open(path, TimeProvider.System));
        Assert.StartsWith($"{path}: was written by a newer routerd (schema {Migrations.Context.Length + 1}", error.Message);
    }

    [Fact]
    public void APlaceThatCannotHoldAFolderIsNamed()
    {
        var file = _folder.File("file");
        File.WriteAllText(file, "");
        var error = Assert.Throws<StoreException>(() => ContextStore.Open(Path.Combine(file, "context.db"), TimeProvider.System));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        var folder = Assert.Throws<StoreException>(() => ContextStore.Open(_folder.Path, TimeProvider.System));
        Assert.Contains(_folder.Path, folder.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderThatIsNotWritableIsNamed()
    {
        var path = _folder.File("context.db");
        if (Environment.UserName == "root")
        {
            // The superuser ignores file modes, but not this filesystem.
            path = "/proc/context.db";
        }
        else if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var error = Assert.Throws<StoreException>(() => ContextStore.Open(path, TimeProvider.System));
        Assert.Equal($"{path}: cannot be opened; check that the folder exists and is writable", error.Message);
    }

    [Fact]
    public void AMissingLibraryIsOneSentence()
    {
        var error = Assert.Throws<StoreException>(
            () => SqliteBootstrap.OpenFirst(["libdoes-not-exist.so.9"], typeof(ContextStoreTests).Assembly));
        Assert.Contains("the SQLite library is not installed (tried libdoes-not-exist.so.9)", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("3.", SqliteBootstrap.Init(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFailedJobLeavesItsNeighboursAlone()
    {
        await using var store = ContextStore.Open(_folder.File("context.db"), TimeProvider.System);
        var jobs = Enumerable.Range(0, 300).Select(i => store.WriteAsync(
            c =>
            {
                c.Execute("INSERT INTO users (id, tier) VALUES ($id, 'budget')", ("$id", $"u{i}"));
                return i % 10 == 3 ? throw new InvalidOperationException("no") : i;
            },
            Ct)).ToList();
        await Task.WhenAll(jobs.Select(async job =>
        {
            try
            {
                await job;
            }
            catch (InvalidOperationException)
            {
                // Every tenth.
            }
        }));
        Assert.Equal(30, jobs.Count(j => j.IsFaulted));
        Assert.Equal(270L, await store.ReadAsync(c => c.Scalar("SELECT count(*) FROM users WHERE tier = 'budget'"), Ct));
    }

    [Fact]
    public async Task ReadersCannotWrite()
    {
        await using var store = ContextStore.Open(_folder.File("context.db"), TimeProvider.System);
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(
            () => store.ReadAsync(c => c.Execute("DELETE FROM users"), Ct));
        Assert.Equal(1L, await store.ReadAsync(c => c.Scalar("SELECT count(*) FROM users"), Ct));
    }

    [Fact]
    public async Task DeploymentsAreUpserted()
    {
        var time = new FixedTime(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var store = ContextStore.Open(_folder.File("context.db"), time);
        var status = new DeploymentStatus
        {
            Id = "a/b/c",
            ModelId = "a/b",
            BackendId = "c",
            Status = DeploymentHealth.Healthy,
            LatencyP50Ms = 5,
            LatencyP95Ms = 9,
            ErrorRate = 1.0000001,
            SampleCount = 12,
        };
        await store.UpsertDeploymentsAsync([status], Ct);
        time.Now += TimeSpan.FromSeconds(10);
        await store.UpsertDeploymentsAsync([status with { Status = DeploymentHealth.Down, LatencyP50Ms = null }], Ct);
        var row = await store.ReadAsync(
            c => c.Query(
                "SELECT model_id, backend_id, status, latency_p50_ms, error_rate, updated_at FROM deployments",
                r => $"{r.GetString(0)} {r.GetString(1)} {r.GetString(2)} {r.IsDBNull(3)} {r.GetDouble(4)} {r.GetString(5)}"),
            Ct);
        Assert.Equal(["a/b c down True 1 2026-03-01T12:00:10Z"], row);
    }

    [Fact]
    public async Task IncidentsOpenOnceAndResolve()
    {
        var time = new FixedTime(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var store = ContextStore.Open(_folder.File("context.db"), time);
        var first = await store.OpenIncidentAsync(IncidentTarget.Deployment, "a/b", "breaker open", Ct);
        Assert.Equal(first, await store.OpenIncidentAsync(IncidentTarget.Deployment, "a/b", "breaker open", Ct));
        Assert.NotEqual(first, await store.OpenIncidentAsync(IncidentTarget.Deployment, "a/b", "latency shift", Ct));
        time.Now += TimeSpan.FromMinutes(3);
        Assert.Equal(1, await store.ResolveIncidentsAsync(IncidentTarget.Deployment, "a/b", "breaker open", Ct));
        Assert.Equal(1, await store.ResolveIncidentsAsync(IncidentTarget.Deployment, "a/b", cancellation: Ct));
        Assert.Equal(0, await store.ResolveIncidentsAsync(IncidentTarget.Deployment, "a/b", cancellation: Ct));
        Assert.Equal(
            "2026-03-01T12:03:00Z",
            await store.ReadAsync(c => c.Scalar("SELECT resolved_at FROM incidents WHERE id = $id", ("$id", first)), Ct));
    }

    [Fact]
    public async Task EstimatorsRoundTrip()
    {
        await using var store = ContextStore.Open(_folder.File("context.db"), TimeProvider.System);
        await store.SaveEstimatorsAsync([new EstimatorState("x/y", 1, [1, 2, 3]), new EstimatorState("a/b", 1, [])], Ct);
        await store.SaveEstimatorsAsync([new EstimatorState("x/y", 2, [4])], Ct);
        var loaded = await store.LoadEstimatorsAsync(Ct);
        Assert.Equal(["a/b 1 0", "x/y 2 1"], loaded.Select(e => $"{e.DeploymentId} {e.Format} {e.State.Length}"));
    }

    [Fact]
    public async Task BackupIsWholeAndNeverOverwrites()
    {
        await using var store = ContextStore.Open(_folder.File("context.db"), TimeProvider.System);
        await store.UpsertUserAsync("ann", UserTier.Premium, 500, 50, Ct);
        var copy = _folder.File("copy.db");
        await store.BackupAsync(copy, Ct);
        await using (var restored = ContextStore.Open(copy, TimeProvider.System))
        {
            Assert.Equal(2L, await restored.ReadAsync(c => c.Scalar("SELECT count(*) FROM users"), Ct));
        }

        await Assert.ThrowsAsync<StoreException>(() => store.BackupAsync(copy, Ct));
    }

    [Fact]
    public async Task ReadersAndTheWriterNeverLockEachOtherOut()
    {
        await using var store = ContextStore.Open(_folder.File("context.db"), TimeProvider.System, new ContextStoreOptions { Readers = 3 });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reads = 0;
        var readers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var (a, b) = await store.ReadAsync(
                    c => (c.Scalar("SELECT count(*) FROM users"), c.Scalar("SELECT count(*) FROM users")), Ct);
                Assert.Equal(a, b);
                Interlocked.Increment(ref reads);
            }
        })).ToList();
        await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => store.UpsertUserAsync($"u{i % 700}", UserTier.Budget, i, null, Ct)));
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.True(reads > 0);
        Assert.Equal(701L, await store.ReadAsync(c => c.Scalar("SELECT count(*) FROM users"), Ct));
    }

    [Fact]
    public async Task PurgeKeepsWhatIsYoung()
    {
        var time = new FixedTime(DateTimeOffset.UnixEpoch.AddMicroseconds(Records.Start));
        await using var store = ContextStore.Open(_folder.File("context.db"), time);
        using var journal = RequestJournal.Open(_folder.File("journal"));
        await using (var drain = await JournalDrain.StartAsync(store, journal, "v", e => Assert.Fail(e.ToString()), Ct))
        {
            for (ulong i = 0; i < 100; i++)
            {
                var record = Records.Routed(journal, i);
                record.StartUnixMicros = Records.Start + ((long)i * 60_000_000);
                Assert.True(journal.TryAppend(record));
            }

            await drain.FlushAsync(Ct);
        }

        // 60 requests from 16:00, 40 from 17:00; it is 18:30.
        var id = await store.ReadAsync(c => (string)c.Scalar("SELECT id FROM requests ORDER BY created_at LIMIT 1")!, Ct);
        Assert.Equal(QualityScoreResult.Added, await store.AddQualityScoreAsync(id, 0.5, cancellation: Ct));
        time.Now += TimeSpan.FromMinutes(150);
        var keep = TimeSpan.FromHours(1);
        Assert.Equal(60, await store.PurgeAsync(keep, 30, Ct));
        Assert.Equal(60, await store.PurgeAsync(keep, 30, Ct));
        Assert.Equal(0, await store.PurgeAsync(keep, 30, Ct));
        Assert.Equal(40L, await store.ReadAsync(c => c.Scalar("SELECT count(*) FROM requests"), Ct));
        Assert.Equal(100L, await store.ReadAsync(c => c.Scalar("SELECT sum(requests) FROM r_rollups"), Ct));

        // What is deleted is still told, by the hour.
        var since = DateTimeOffset.UnixEpoch.AddMicroseconds(Records.Start);
        Assert.Equal(
            ["2024-01-15T16:00:00Z 60", "2024-01-15T17:00:00Z 40"],
            (await store.ReadAsync(c => RequestVolume.Read(c, since, time.Now, byDay: false, VolumeGroup.Model), Ct)).Select(b => $"{b.Period} {b.RequestCount}"));
        Assert.Equal(
            [60L, 40L],
            (await store.ReadAsync(c => LatencyTrend.Read(c, since, time.Now, byDay: false, null, null, null), Ct)).Select(b => b.RequestCount));
        Assert.Equal(1L, (await store.ReadAsync(c => QualitySummary.Read(c, since, time.Now, null, null), Ct)).Sum(g => g.SampleCount));
        Assert.True(await store.PurgeRollUpsAsync(keep, 30, Ct) > 0);
        Assert.Equal(0, await store.PurgeRollUpsAsync(keep, 30, Ct));
        Assert.Equal(40L, await store.ReadAsync(c => c.Scalar("SELECT sum(requests) FROM r_rollups"), Ct));
    }

    [Fact]
    public async Task QualityScoresRollUpAndReplace()
    {
        var time = new FixedTime(DateTimeOffset.UnixEpoch.AddMicroseconds(Records.Start));
        await using var store = ContextStore.Open(_folder.File("context.db"), time);
        using var journal = RequestJournal.Open(_folder.File("journal"));
        await using var drain = await JournalDrain.StartAsync(store, journal, "v", e => Assert.Fail(e.ToString()), Ct);
        var ids = Enumerable.Range(0, 3).Select(i =>
        {
            var record = Records.Routed(journal, (ulong)i);
            Assert.True(journal.TryAppend(record));
            return record.Id.ToString();
        }).ToList();
        await drain.FlushAsync(Ct);
        Assert.Equal(QualityScoreResult.UnknownRequest, await store.AddQualityScoreAsync("req_no", 0.5, cancellation: Ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.AddQualityScoreAsync(ids[0], 1.01, cancellation: Ct));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.AddQualityScoreAsync(ids[0], double.NaN, cancellation: Ct));
        foreach (var (id, score) in ids.Zip([0.0, 0.5, 1.0]))
        {
            Assert.Equal(QualityScoreResult.Added, await store.AddQualityScoreAsync(id, score, cancellation: Ct));
        }

        Assert.Equal(QualityScoreResult.Replaced, await store.AddQualityScoreAsync(ids[2], 0.25, time.Now.AddHours(1), Ct));
        var rows = await store.ReadAsync(
            c => c.Query(
                "SELECT hour, scores, sum, min, max FROM r_quality_rollups ORDER BY hour",
                r => $"{r.GetString(0)} {r.GetInt64(1)} {r.GetDouble(2)} {r.GetDouble(3)} {r.GetDouble(4)}"),
            Ct);
        Assert.Equal(["2024-01-15T16:00:00Z 2 0.5 0 0.5", "2024-01-15T17:00:00Z 1 0.25 0.25 0.25"], rows);
    }
}
