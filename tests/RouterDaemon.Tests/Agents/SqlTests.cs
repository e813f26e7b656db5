using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Context.Sql;
using Xunit;

namespace RouterDaemon.Tests.Agents;

/// <summary>Items 41 to 45 of the context layer's checklist, and the hostile corpus.</summary>
public sealed class SqlTests(Demo demo) : IClassFixture<Demo>
{
    // What a statement may cost is counted in steps; this only tells a hang, on however busy a machine.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Hostile => [.. Demo.Lines("hostile-sql.jsonl").Select(line => JsonSerializer.Deserialize<string>(line)!)];

    [Fact]
    public async Task Item41_GenerateSqlAnswersSqlParamsTablesNotes()
    {
        var result = await demo.CallAsync("generate_sql", ("query", "average latency by model for premium users in the last 24 hours"), ("safety_level", "read_only"));
        Assert.Equal("sql params tables notes", string.Join(' ', result.Select(p => p.Key)));
        Assert.Equal(
            "SELECT r.model_id AS model_id, avg(r.latency_ms) AS avg_latency_ms FROM requests r JOIN users u ON u.id = r.user_id "
            + "WHERE u.tier = ? AND r.created_at >= ? AND r.created_at < ? GROUP BY 1 ORDER BY avg_latency_ms DESC LIMIT 100",
            (string?)result["sql"]);
        Assert.Equal("""["premium","2024-01-14T16:00:00Z","2024-01-15T16:00:01Z"]""", result["params"]!.ToJsonString());
        Assert.Equal("""["requests","users"]""", result["tables"]!.ToJsonString());
    }

    [Theory]
    [InlineData("how many requests failed on llama-70b/neocloud yesterday")]
    [InlineData("top 5 slowest requests")]
    [InlineData("which incidents are active")]
    [InlineData("quality by task for gpt-4")]
    [InlineData("which deployments are down")]
    [InlineData("list the users of the budget tier")]
    [InlineData("total cost per day last week")]
    [InlineData("error rate by deployment today")]
    [InlineData("tokens by user this week")]
    [InlineData("requests of user_p_1 in the experiment")]
    [InlineData("cheapest deployments")]
    [InlineData("volume per hour yesterday")]
    [InlineData("SELECT count(*) FROM requests")]
    [InlineData("")]
    public async Task Item41_WhatIsGeneratedRuns(string query)
    {
        var generated = await demo.CallAsync("generate_sql", ("query", query));
        if (query.Length == 0)
        {
            Assert.Equal("query is required", (string?)generated["message"]);
            return;
        }

        Assert.False(ToolRegistry.IsError(generated), generated.ToJsonString());
        var rows = await demo.CallAsync("run_sql", new JsonObject { ["sql"] = (string?)generated["sql"], ["params"] = generated["params"]!.DeepClone() }.ToJsonString());
        Assert.False(ToolRegistry.IsError(rows), rows.ToJsonString());
        Assert.True((int)rows["row_count"]! > 0, generated.ToJsonString());
    }

    [Theory]
    [InlineData("INSERT INTO users VALUES (1)")]
    [InlineData("update the users")]
    [InlineData("DELETE FROM requests")]
    [InlineData("ALTER TABLE users ADD x")]
    [InlineData("drop table users")]
    [InlineData("'; DROP the mic")]
    [InlineData("PRAGMA table_info(users)")]
    [InlineData("ATTACH DATABASE 'x' AS y")]
    [InlineData("show me users; drop table users")]
    [InlineData("SELECT 1 FROM users; DELETE FROM users")]
    public async Task Item42_GenerateSqlOnlyReads(string query) =>
        Assert.Equal("INVALID_PARAMETER", (string?)(await demo.CallAsync("generate_sql", ("query", query)))["code"]);

    [Theory]
    [InlineData("INSERT")]
    [InlineData("UPDATE")]
    [InlineData("DELETE")]
    [InlineData("ALTER")]
    [InlineData("DROP")]
    [InlineData("PRAGMA")]
    [InlineData("ATTACH")]
    public void Item42_TheGuardRefusesTheWordButNotInTextOrNames(string word)
    {
        Assert.Throws<ContextException>(() => SqlGuard.Check($"{word} x"));
        Assert.Throws<ContextException>(() => SqlGuard.Check($"SELECT 1; {word} x"));
        Assert.Throws<ContextException>(() => SqlGuard.Check($"SELECT /* a */ {word.ToLowerInvariant()} FROM users"));
        Assert.NotNull(SqlGuard.Check($"SELECT '{word} TABLE users; --' AS text, 1 AS \"{word}\" /* {word} */ FROM users -- {word}"));
    }

    [Fact]
    public async Task Item43_UnknownTablesAreRefused()
    {
        var error = await demo.CallAsync("run_sql", ("sql", "SELECT * FROM secrets"));
        Assert.Equal("INVALID_PARAMETER", (string?)error["code"]);
        Assert.Equal("Invalid sql: unknown table secrets (known: deployments, requests, users, incidents, quality_scores)", (string?)error["message"]);
    }

    [Theory]
    [InlineData("SELECT * FROM requests", "SELECT * FROM requests LIMIT 100")]
    [InlineData("SELECT * FROM requests;", "SELECT * FROM requests LIMIT 100")]
    [InlineData("SELECT * FROM requests LIMIT 7", "SELECT * FROM requests LIMIT 7")]
    [InlineData("SELECT * FROM requests limit 7 offset 3 ;", "SELECT * FROM requests limit 7 offset 3")]
    [InlineData("SELECT * FROM (SELECT * FROM requests LIMIT 3)", "SELECT * FROM (SELECT * FROM requests LIMIT 3) LIMIT 100")]
    [InlineData("SELECT ' LIMIT 5' FROM users -- LIMIT 6", "SELECT ' LIMIT 5' FROM users LIMIT 100")]
    [InlineData("WITH a AS (SELECT id FROM users) SELECT * FROM a", "WITH a AS (SELECT id FROM users) SELECT * FROM a LIMIT 100")]
    public void Item44_AMissingLimitIsAdded(string sql, string expected) => Assert.Equal(expected, SqlGuard.Check(sql).Sql);

    [Fact]
    public async Task Item45_RunSqlBindsAndAnswersDictionaries()
    {
        var result = await demo.CallAsync(
            "run_sql", """{"sql":"SELECT id, tier AS t, ? AS a, ? AS b, NULL AS n FROM users WHERE id = ?1 OR latency_sla_ms = ? ORDER BY id","params":["user_p_1", 2.5, 1500]}""");
        Assert.Equal(
            """[{"id":"user_b_1","t":"budget","a":"user_p_1","b":2.5,"n":null},{"id":"user_b_2","t":"budget","a":"user_p_1","b":2.5,"n":null},{"id":"user_b_3","t":"budget","a":"user_p_1","b":2.5,"n":null},{"id":"user_p_1","t":"premium","a":"user_p_1","b":2.5,"n":null}]""",
            result["rows"]!.ToJsonString());
        Assert.Equal("rows row_count has_more", string.Join(' ', result.Select(p => p.Key)));
        Assert.False((bool)result["has_more"]!);
    }

    [Theory]
    [InlineData(999, false)]
    [InlineData(1000, false)]
    [InlineData(1001, true)]
    public async Task Item45_RowsAreBounded(int rows, bool more)
    {
        var result = await demo.CallAsync("run_sql", ("sql", $"SELECT a.id FROM requests a, requests b LIMIT {rows}"));
        Assert.Equal(Math.Min(rows, 1000), (int)result["row_count"]!);
        Assert.Equal(more, (bool)result["has_more"]!);
    }

    [Theory]
    [InlineData("SELECT d.id, count(*) FROM deployments d LEFT JOIN requests r ON r.deployment_id = d.id GROUP BY d.id HAVING count(*) > 1 ORDER BY 2 DESC")]
    [InlineData("SELECT replace(id, '/', ':') FROM main.deployments AS d WHERE status IN ('down', 'degraded')")]
    [InlineData("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i, (SELECT count(*) FROM users) FROM n")]
    [InlineData("SELECT \"title\", [tier] FROM \"users\", `incidents`")]
    [InlineData("SELECT json_extract(routing_reason, '$.decision'), substr(created_at, 1, 10), strftime('%H', created_at) FROM requests ORDER BY random() LIMIT 3")]
    [InlineData("SELECT row_number() OVER (PARTITION BY model_id ORDER BY latency_ms) FROM requests WHERE task_type IS NOT DISTINCT FROM 'chat'")]
    [InlineData("SELECT id FROM users EXCEPT SELECT user_id FROM requests")]
    [InlineData("WITH Slow AS (SELECT id FROM requests WHERE latency_ms > 1000) SELECT count(*) FROM slow")]
    public async Task GoodSqlRuns(string sql)
    {
        var result = await demo.CallAsync("run_sql", ("sql", sql));
        Assert.False(ToolRegistry.IsError(result), result.ToJsonString());
    }

    [Fact]
    public void TheCorpusHasTwoHundred() => Assert.True(Demo.Lines("hostile-sql.jsonl").Distinct().Count() >= 200);

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task HostileSqlWritesNothingAndEndsInTime(string sql)
    {
        var before = File.ReadAllBytes(demo.File);
        var clock = Stopwatch.StartNew();
        var result = await demo.CallAsync("run_sql", ("sql", sql));
        Assert.True(clock.Elapsed < Hang, $"{clock.Elapsed}: {sql}");
        Assert.True(ToolRegistry.IsError(result), result.ToJsonString());
        Assert.True((string?)result["code"] is "INVALID_PARAMETER" or "DATABASE_ERROR");
        Assert.Equal(before, File.ReadAllBytes(demo.File));
    }

    [Theory]
    [InlineData(90_000, true)]
    [InlineData(110_000, false)]
    public void StepsAreBounded(int rows, bool ends)
    {
        var sql = $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT count(*) FROM n";
        var limits = new SqlLimits { MaxSteps = StepsOf(100_000), Timeout = Hang };
        if (ends)
        {
            Assert.Equal((long)rows, SqlRunner.Run(demo.File, sql, [], limits, TestContext.Current.CancellationToken).Rows[0][0]);
        }
        else
        {
            var error = Assert.Throws<ContextException>(() => SqlRunner.Run(demo.File, sql, [], limits, TestContext.Current.CancellationToken));
            Assert.Equal("DATABASE_ERROR", error.CodeText);
            Assert.Contains("steps", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TimeIsBounded()
    {
        const string Endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        var limits = new SqlLimits { MaxSteps = long.MaxValue - 1_000_000, Timeout = TimeSpan.FromMilliseconds(50) };
        Assert.Contains(
            "ran longer than 0.05 s",
            Assert.Throws<ContextException>(() => SqlRunner.Run(demo.File, Endless, [], limits, TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
    }

    // One call of a function is one step: no limit ends it, so it must be short by itself.
    [Theory]
    [InlineData("instr(printf('%.*c', 65000, 'a'), printf('%.*c', 32000, 'a') || 'b')")]
    [InlineData("replace(printf('%.*c', 65000, 'a'), printf('%.*c', 32000, 'a') || 'b', '')")]
    [InlineData("length(trim(printf('%.*c', 65000, 'a'), printf('%.*c', 64000, 'b') || 'a'))")]
    [InlineData("length(ltrim(printf('%.*c', 65000, 'a'), printf('%.*c', 64000, 'b') || 'a'))")]
    [InlineData("length(rtrim(printf('%.*c', 65000, 'a'), printf('%.*c', 64000, 'b') || 'a'))")]
    [InlineData("printf('%.*c', 65000, 'a') LIKE '%a_%a_%a_%a_%a%a%a%a%ab'")]
    [InlineData("printf('%.*c', 65000, 'a') GLOB '*[a-c]*[a-c]*[a-c]*[a-c]*[a-c]b'")]
    public void OneFunctionCallIsShort(string expression)
    {
        var clock = Stopwatch.StartNew();
        SqlRunner.Run(demo.File, $"SELECT {expression} FROM users LIMIT 1", [], new SqlLimits(), TestContext.Current.CancellationToken);
        // A tenth of a second alone; without the limits 10 to 100 times what is allowed here.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), clock.Elapsed.ToString());
    }

    [Theory]
    [InlineData("trim('xxayx', 'x')", "ay")]
    [InlineData("trim('xyayx', 'xy')", "a")]
    [InlineData("ltrim('xxax', 'x')", "ax")]
    [InlineData("rtrim('xxax', 'x')", "xxa")]
    [InlineData("trim('xxx', 'x')", "")]
    [InlineData("trim('abc', '')", "abc")]
    [InlineData("trim('  a ')", "a")]
    [InlineData("trim(NULL, 'x')", null)]
    public void TrimIsAsEver(string expression, string? expected) =>
        Assert.Equal(expected, SqlRunner.Run(demo.File, $"SELECT {expression}", [], new SqlLimits(), TestContext.Current.CancellationToken).Rows[0][0]);

    // The second wall holds alone: what reaches SQLite without the guard is refused there.
    [Theory]
    [InlineData("SELECT * FROM users WHERE id IN r_meta")]
    [InlineData("WITH users AS (SELECT * FROM \"main\".sqlite_master) SELECT * FROM users")]
    [InlineData("SELECT load_extension('x')")]
    [InlineData("WITH r_meta AS (SELECT 1) SELECT count(*) FROM main.r_meta")]
    public void SqliteItselfRefuses(string sql) =>
        Assert.Throws<ContextException>(() => SqlRunner.Run(demo.File, sql, [], new SqlLimits(), TestContext.Current.CancellationToken));

    // The fewest steps, to the thousand, in which the statement counts so far.
    private long StepsOf(int rows)
    {
        var sql = $"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT count(*) FROM n";
        long low = 0, high = 100_000_000;
        while (high - low > 1_000)
        {
            var middle = (low + high) / 2;
            try
            {
                SqlRunner.Run(demo.File, sql, [], new SqlLimits { MaxSteps = middle, Timeout = Hang }, TestContext.Current.CancellationToken);
                high = middle;
            }
            catch (ContextException)
            {
                low = middle;
            }
        }

        return high;
    }
}
