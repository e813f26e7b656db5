using System.Text.Json;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Schema;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Agents;

/// <summary>Items 1 to 23 of the context layer's checklist.</summary>
public sealed class SchemaAndSeedTests(Demo demo) : IClassFixture<Demo>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Item01_AgentsAndStoreNeedNothingButSqlite()
    {
        var allowed = new[] { "System", "Microsoft.Data.Sqlite", "SQLitePCLRaw", "RouterDaemon", "netstandard" };
        foreach (var assembly in new[] { typeof(ContextStore).Assembly, typeof(RouterDaemon.Agents.Tools.ToolRegistry).Assembly })
        {
            Assert.All(
                assembly.GetReferencedAssemblies(),
                r => Assert.Contains(allowed, a => r.Name!.StartsWith(a, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Item02_TheReaderTakesAnyPath() => Assert.Equal(demo.File, new ContextReader(demo.File, TimeProvider.System).Path);

    [Fact]
    public async Task Item03_ToolsNeedNoKey()
    {
        Assert.Null(Environment.GetEnvironmentVariable("OPENAI_API_KEY"));
        Assert.NotNull((await demo.CallAsync("get_deployment_status"))["deployments"]);
    }

    [Fact]
    public void Item04_TheModelIsOptional() => Assert.Equal("auto", new RouterDaemon.Agents.Loop.AgentOptions().Model);

    [Fact]
    public void Item05_TimesAreRfc3339Utc()
    {
        Assert.Equal("2024-01-15T16:00:00Z", Rfc3339.Format(new DateTimeOffset(2024, 1, 15, 18, 0, 0, 999, TimeSpan.FromHours(2))));
        Assert.True(Rfc3339.TryParse("2024-01-15T18:00:00+02:00", out var time));
        Assert.Equal("2024-01-15T16:00:00Z", Rfc3339.Format(time));
        foreach (var table in new[] { "deployments.updated_at", "requests.created_at", "incidents.started_at", "quality_scores.evaluated_at" })
        {
            var parts = table.Split('.');
            Assert.Equal(0L, demo.Scalar($"SELECT count(*) FROM {parts[0]} WHERE {parts[1]} NOT GLOB '????-??-??T??:??:??Z'"));
        }
    }

    [Fact]
    public void Item06_SchemaHasExactlyFiveTables()
    {
        using var folder = new TempFolder();
        using var connection = SqliteFile.OpenWriter(folder.File("one.db"), [Migrations.Context[0]]);
        string Columns(string table) => string.Join(
            ' ', connection.Query($"PRAGMA table_info({table})", r => $"{r.GetString(1)}:{r.GetString(2)}{(r.GetInt64(3) == 1 ? "!" : "")}{(r.GetInt64(5) == 1 ? "*" : "")}"));
        Assert.Equal(
            ["deployments", "incidents", "quality_scores", "requests", "users"],
            connection.Query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", r => r.GetString(0)));
        Assert.Equal(
            "id:TEXT* model_id:TEXT! backend_id:TEXT! status:TEXT! latency_p50_ms:INTEGER latency_p95_ms:INTEGER error_rate:REAL error_rate_window_sec:INTEGER "
            + "queue_depth:INTEGER cost_per_1k_tokens:REAL rate_limit_remaining:INTEGER sample_count:INTEGER updated_at:TEXT!",
            Columns("deployments"));
        Assert.Equal(
            "id:TEXT* user_id:TEXT! deployment_id:TEXT! model_id:TEXT! backend_id:TEXT! task_type:TEXT input_tokens:INTEGER output_tokens:INTEGER cost_usd:REAL "
            + "latency_ms:INTEGER status:TEXT! router_version:TEXT experiment_id:TEXT routing_reason:TEXT created_at:TEXT!",
            Columns("requests"));
        Assert.Equal("id:TEXT* tier:TEXT! latency_sla_ms:INTEGER daily_budget_usd:REAL", Columns("users"));
        Assert.Equal("id:TEXT* target_type:TEXT! target_id:TEXT! title:TEXT! status:TEXT! started_at:TEXT! resolved_at:TEXT", Columns("incidents"));
        Assert.Equal("request_id:TEXT* score:REAL! evaluated_at:TEXT!", Columns("quality_scores"));
        connection.Execute("INSERT INTO users VALUES ('u', 'premium', 1, 1)");
        connection.Execute("INSERT INTO deployments (id, model_id, backend_id, status, updated_at) VALUES ('a/b', 'a', 'b', 'healthy', 'x')");
        foreach (var bad in new[]
                 {
                     "INSERT INTO users VALUES ('v', 'gold', 1, 1)",
                     "INSERT INTO deployments (id, model_id, backend_id, status, updated_at) VALUES ('c/d', 'c', 'd', 'sick', 'x')",
                     "INSERT INTO deployments (id, model_id, backend_id, status, updated_at) VALUES ('z', 'a', 'b', 'down', 'x')",
                     "UPDATE deployments SET error_rate = 1.1",
                     "UPDATE deployments SET error_rate = -0.1",
                     "INSERT INTO requests (id, user_id, deployment_id, model_id, backend_id, status, created_at) VALUES ('r', 'none', 'a/b', 'a', 'b', 'success', 'x')",
                     "INSERT INTO requests (id, user_id, deployment_id, model_id, backend_id, status, created_at) VALUES ('r', 'u', 'no/ne', 'a', 'b', 'success', 'x')",
                     "INSERT INTO requests (id, user_id, deployment_id, model_id, backend_id, status, created_at) VALUES ('r', 'u', 'a/b', 'a', 'b', 'cancelled', 'x')",
                     "INSERT INTO incidents VALUES ('i', 'user', 'x', 't', 'active', 'x', NULL)",
                     "INSERT INTO incidents VALUES ('i', 'model', 'x', 't', 'open', 'x', NULL)",
                     "INSERT INTO quality_scores VALUES ('none', 0.5, 'x')",
                 })
        {
            Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => connection.Execute(bad));
        }
    }

    [Fact]
    public void Item07_AllEightIndexesExist()
    {
        using var folder = new TempFolder();
        using var connection = SqliteFile.OpenWriter(folder.File("one.db"), Migrations.Context);
        Assert.Equal(
            [
                "idx_deployments_backend(backend_id)", "idx_deployments_model(model_id)", "idx_incidents_status(status)",
                "idx_incidents_target(target_type, target_id)", "idx_requests_created(created_at)", "idx_requests_deployment(deployment_id)",
                "idx_requests_model(model_id)", "idx_requests_user(user_id)",
            ],
            connection.Query(
                "SELECT name || substr(sql, instr(sql, '(')) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name NOT LIKE 'r\\_%' ESCAPE '\\' ORDER BY name",
                r => r.GetString(0)));
    }

    [Fact]
    public async Task Item08_OpeningTwiceIsHarmless()
    {
        using var folder = new TempFolder();
        for (var i = 0; i < 2; i++)
        {
            await using var store = ContextStore.Open(folder.File("context.db"), TimeProvider.System);
            Assert.Equal(0L, await store.ReadAsync(c => c.Scalar("SELECT count(*) FROM requests"), Ct));
        }
    }

    [Fact]
    public async Task Item09_ForeignKeysAreOn()
    {
        using var folder = new TempFolder();
        await using var store = ContextStore.Open(folder.File("context.db"), TimeProvider.System);
        Assert.Equal(1L, await store.WriteAsync(c => c.Scalar("PRAGMA foreign_keys"), Ct));
    }

    [Fact]
    public void Item10_SixDeployments() => Assert.Equal(
        ["claude-3/aws", "claude-3/k8s", "gpt-4/aws", "gpt-4/k8s", "llama-70b/k8s", "llama-70b/neocloud"],
        demo.Column("SELECT id FROM deployments ORDER BY id"));

    [Fact]
    public void Item11_TenUsersInThreeTiers() => Assert.Equal(
        ["budget 3", "premium 3", "standard 4"], demo.Column("SELECT tier || ' ' || count(*) FROM users GROUP BY tier ORDER BY tier"));

    [Fact]
    public void Item12_FiveHundredRequestsOverSevenDays()
    {
        Assert.Equal(500L, demo.Scalar("SELECT count(*) FROM requests"));
        var days = demo.Column("SELECT count(*) FROM requests GROUP BY substr(created_at, 1, 10)");
        Assert.Equal(8, days.Count);
        Assert.Equal(0L, demo.Scalar("SELECT count(*) FROM requests WHERE created_at < '2024-01-08T16:00:00Z' OR created_at > '2024-01-15T16:00:00Z'"));
    }

    [Fact]
    public void Item13_ThreeHundredScoresOneForARequest()
    {
        Assert.Equal(300L, demo.Scalar("SELECT count(*) FROM quality_scores q JOIN requests r ON r.id = q.request_id"));
        Assert.Equal(0L, demo.Scalar("SELECT count(*) FROM quality_scores q JOIN requests r ON r.id = q.request_id WHERE q.evaluated_at < r.created_at"));
        Assert.Equal(0L, demo.Scalar("SELECT count(*) FROM quality_scores WHERE evaluated_at > '2024-01-15T16:00:00Z'"));
    }

    [Fact]
    public void Item14_TwoIncidents() => Assert.Equal(
        ["active llama-70b/neocloud Spot instance preempted 2024-01-15", "resolved gpt-4/k8s Latency spike after node pool upgrade 2024-01-14"],
        demo.Column("SELECT status || ' ' || target_id || ' ' || title || ' ' || substr(started_at, 1, 10) FROM incidents ORDER BY status"));

    [Fact]
    public void Item15_OneDownOneDegradedAndSlower()
    {
        Assert.Equal(["gpt-4/k8s degraded", "llama-70b/neocloud down"], demo.Column("SELECT id || ' ' || status FROM deployments WHERE status <> 'healthy' ORDER BY id"));
        Assert.Equal(1L, demo.Scalar("SELECT (SELECT latency_p50_ms FROM deployments WHERE id = 'gpt-4/k8s') > 2 * max(latency_p50_ms) FROM deployments WHERE status = 'healthy'"));
    }

    [Fact]
    public void Item16_TiersGoToTheirDeployments()
    {
        const string Share = "SELECT avg(deployment_id = '{1}') > 0.5 FROM requests r JOIN users u ON u.id = r.user_id WHERE u.tier = '{0}'";
        Assert.Equal(1L, demo.Scalar(Share.Replace("{0}", "premium").Replace("{1}", "gpt-4/aws")));
        Assert.Equal(1L, demo.Scalar(Share.Replace("{0}", "budget").Replace("{1}", "llama-70b/k8s")));
    }

    [Theory]
    [InlineData("llama-70b/neocloud")]
    [InlineData("gpt-4/k8s")]
    public void Item17_QualityDropsInsideTheIncident(string deployment)
    {
        var sql = $"""
            SELECT count(CASE WHEN inside THEN 1 END) >= 2 AND avg(CASE WHEN inside THEN score END) < avg(CASE WHEN NOT inside THEN score END) - 0.1
            FROM (SELECT q.score, r.created_at >= i.started_at AND r.created_at <= COALESCE(i.resolved_at, '9') AS inside
                  FROM quality_scores q JOIN requests r ON r.id = q.request_id JOIN incidents i ON i.target_id = r.deployment_id
                  WHERE r.deployment_id = '{deployment}')
            """;
        Assert.Equal(1L, demo.Scalar(sql));
    }

    [Fact]
    public void Item18_TheRouterVersionChangesOnceInMidWeek()
    {
        Assert.Equal(["v1.1.0", "v1.2.0"], demo.Column("SELECT DISTINCT router_version FROM requests ORDER BY 1"));
        Assert.Equal(1L, demo.Scalar("SELECT (SELECT max(created_at) FROM requests WHERE router_version = 'v1.1.0') < (SELECT min(created_at) FROM requests WHERE router_version = 'v1.2.0')"));
    }

    [Fact]
    public void Item19_OneExperiment()
    {
        Assert.Equal(["exp_latency_tuning"], demo.Column("SELECT DISTINCT experiment_id FROM requests WHERE experiment_id IS NOT NULL"));
        Assert.InRange((long)demo.Scalar("SELECT count(*) FROM requests WHERE experiment_id IS NOT NULL")!, 30, 90);
    }

    [Fact]
    public void Item20_TheSeedIsByteIdentical()
    {
        using var folder = new TempFolder();
        DemoSeed.Write(folder.File("a.db"));
        DemoSeed.Write(folder.File("b.db"));
        Assert.Equal(File.ReadAllBytes(folder.File("a.db")), File.ReadAllBytes(folder.File("b.db")));
        Assert.Equal(["a.db", "b.db"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Item21_TheSeedReplacesADemoButNeverLiveData()
    {
        using var folder = new TempFolder();
        var path = folder.File("data.db");
        DemoSeed.Write(path);
        DemoSeed.Write(path);
        var live = folder.File("live.db");
        await using (var store = ContextStore.Open(live, TimeProvider.System))
        {
            await store.WriteAsync(
                c => c.Execute(
                    """
                    INSERT INTO deployments (id, model_id, backend_id, status, updated_at) VALUES ('a/b', 'a', 'b', 'healthy', 'x');
                    INSERT INTO requests (id, user_id, deployment_id, model_id, backend_id, status, created_at) VALUES ('r', 'local', 'a/b', 'a', 'b', 'success', 'x')
                    """),
                Ct);
        }

        var error = Assert.Throws<StoreException>(() => DemoSeed.Write(live));
        Assert.Contains("holds live data", error.Message, StringComparison.Ordinal);
        var other = folder.File("text");
        await File.WriteAllTextAsync(other, "not a database, but quite some text", Ct);
        Assert.Contains("is not an SQLite database", Assert.Throws<StoreException>(() => DemoSeed.Write(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Item22_DerivedColumnsAgree()
    {
        Assert.Equal(0L, demo.Scalar("SELECT count(*) FROM requests WHERE deployment_id <> model_id || '/' || backend_id"));
        Assert.Equal(0L, demo.Scalar(
            "SELECT count(*) FROM requests r JOIN deployments d ON d.id = r.deployment_id WHERE abs(r.cost_usd - (r.input_tokens + r.output_tokens) / 1000.0 * d.cost_per_1k_tokens) > 0.000001"));
        foreach (var reason in demo.Column("SELECT routing_reason FROM requests"))
        {
            using var json = JsonDocument.Parse(reason);
            Assert.Equal(["user_tier", "latency_sla_ms", "options_considered", "decision"], json.RootElement.EnumerateObject().Select(p => p.Name));
            Assert.All(json.RootElement.GetProperty("options_considered").EnumerateArray(), o =>
            {
                Assert.NotNull(o.GetProperty("deployment").GetString());
                Assert.True(o.TryGetProperty("estimated_latency_ms", out _));
                Assert.True(o.GetProperty("available").ValueKind is JsonValueKind.True or JsonValueKind.False);
            });
        }
    }

    [Fact]
    public void Item23_TheNamedRequestWentToAws() =>
        Assert.Equal("aws", demo.Scalar("SELECT backend_id FROM requests WHERE id = 'req_abc123'"));
}
