using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Journal;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Agents;

/// <summary>A live store with more rows than are read one by one: the roll-ups must tell what the rows tell.</summary>
public sealed class ManyRowsTests : IAsyncLifetime
{
    private const int Count = LatencyTrend.RawRowLimit + 1_500;
    private const long StepMicros = 12_000_000; // 71.7 hours in all
    private readonly TempFolder _folder = new();
    private readonly FixedTime _time = new(DateTimeOffset.UnixEpoch.AddMicroseconds(Store.Records.Start + (Count * StepMicros)));
    private ContextStore? _store;
    private ContextReader? _reader;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = ContextStore.Open(_folder.File("context.db"), _time);
        using var journal = RequestJournal.Open(_folder.File("journal"), new JournalOptions { CapacityRecords = 32_768 });
        await using (var drain = await JournalDrain.StartAsync(_store, journal, "v1", e => Assert.Fail(e.ToString()), Ct))
        {
            string[] deployments = ["gpt-4/aws", "gpt-4/k8s", "llama-70b/k8s"];
            for (var i = 0; i < Count; i++)
            {
                var record = Store.Records.Routed(journal, (ulong)i, (RequestOutcome)(i % 40 < 38 ? 0 : i % 40 - 37));
                record.StartUnixMicros = Store.Records.Start + (i * StepMicros);
                record.DeploymentName = journal.Intern(deployments[i % 3]);
                record.UserName = journal.Intern($"user{i % 4}");
                record.Tier = (UserTier)(i % 4 % 3);
                record.LatencyMs = 50 + (i * 7919L % 3000);
                record.CostUsd = i % 100 * 0.0001;
                Assert.True(journal.TryAppend(record));
            }

            await drain.FlushAsync(Ct);
        }

        _reader = new ContextReader(_folder.File("context.db"), _time);
    }

    public async ValueTask DisposeAsync()
    {
        _reader!.Dispose();
        await _store!.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task RollUpsAnswerAsTheRowsDo()
    {
        var since = Rfc3339.Format(_time.Now.AddHours(-70).AddMinutes(-17));
        var volume = await CallAsync("get_request_volume", $$"""{"since":"{{since}}","group_by":"deployment","granularity":"hour"}""");
        Assert.Equal(
            await ReadAsync($"SELECT substr(created_at, 1, 13) || ':00:00Z ' || deployment_id || ' ' || count(*) || ' ' || printf('%.4f', sum(cost_usd)) FROM requests WHERE created_at >= '{since}' GROUP BY substr(created_at, 1, 13), deployment_id"),
            ((JsonArray)volume["data"]!).Select(d => FormattableString.Invariant($"{d!["period"]} {d["group"]} {d["request_count"]} {(double)d["total_cost_usd"]!:0.0000}")));
        var trends = await CallAsync("get_latency_trends", $$"""{"since":"{{since}}","granularity":"day","model_id":"gpt-4"}""");
        Assert.Equal(
            (long)(await _store!.ReadAsync(c => c.Scalar($"SELECT count(*) FROM requests WHERE created_at >= '{since}' AND model_id = 'gpt-4'"), Ct))!,
            (long)trends["summary"]!["total_requests"]!);
        foreach (var bucket in (JsonArray)trends["data"]!)
        {
            var rows = (await ReadAsync(
                $"SELECT printf('%08d', latency_ms) FROM requests WHERE created_at >= '{since}' AND substr(created_at, 1, 10) = '{((string)bucket!["period"]!)[..10]}' AND deployment_id = '{bucket["deployment_id"]}' ORDER BY 1"))
                .Select(long.Parse).ToList();
            Assert.Equal(rows.Count, (long)bucket["request_count"]!);
            foreach (var (p, field) in new[] { (0.5, "latency_p50_ms"), (0.95, "latency_p95_ms") })
            {
                var exact = rows[(int)((rows.Count - 1) * p)];
                Assert.InRange((long)bucket[field]!, (exact * 0.98) - 1, (exact * 1.02) + 1);
            }
        }
    }

    [Fact]
    public async Task ChangesAndRequestsWorkOnManyRows()
    {
        var change = await CallAsync("explain_change", """{"since":"35 hours ago"}""");
        Assert.False(ToolRegistry.IsError(change), change.ToJsonString());
        Assert.EndsWith(":00:00Z", (string)change["since"]!, StringComparison.Ordinal);
        var filtered = await CallAsync("get_recent_requests", """{"user_id":"user3","status":"timeout","limit":3}""");
        Assert.Equal(3, (int)filtered["count"]!);
        Assert.Equal(
            await ReadAsync("SELECT id FROM requests WHERE user_id = 'user3' AND status = 'timeout' ORDER BY created_at DESC LIMIT 3"),
            ((JsonArray)filtered["requests"]!).Select(r => (string)r!["id"]!));
        var user = await CallAsync("get_user_context", """{"user_id":"user2"}""");
        Assert.Equal(
            await ReadAsync($"SELECT count(*) || ' ' || round(sum(cost_usd), 6) FROM requests WHERE user_id = 'user2' AND created_at >= '{Rfc3339.FormatDay(_time.Now)}'"),
            [FormattableString.Invariant($"{user["user"]!["requests_today"]} {(double)user["user"]!["daily_budget_used_usd"]!}")]);
    }

    [Fact]
    public async Task RecentRequestsAreThoseOfThePlainQuery()
    {
        // A sort limit of 100 makes nearly every filter one that walks.
        var end = _time.Now;
        var checks = 0;
        foreach (var user in new[] { null, "user1", "user3", "nobody" })
        {
            foreach (var deployment in new[] { null, "gpt-4/k8s", "none/none" })
            {
                foreach (var (tier, status) in new (string?, string?)[] { (null, null), ("premium", "timeout"), ("budget", "error"), (null, "success") })
                {
                    foreach (var (since, until) in new (DateTimeOffset?, DateTimeOffset?)[] { (null, null), (end.AddHours(-50), end.AddHours(-30)), (null, end.AddHours(-71)) })
                    {
                        var filter = new RequestFilter
                        {
                            UserId = user,
                            UserTier = tier,
                            DeploymentId = deployment,
                            BackendId = deployment is null ? null : "k8s",
                            Status = status,
                            Since = since,
                            Until = until,
                        };
                        string Is(string column, string? value) => value is null ? "" : $" AND {column} = '{value}'";
                        var plain = $"""
                            SELECT r.rowid FROM requests r JOIN users u ON u.id = r.user_id WHERE 1 {Is("r.user_id", user)} {Is("u.tier", tier)} {Is("r.deployment_id", deployment)}
                            {Is("r.status", status)} {(since is { } s ? $"AND r.created_at >= '{Rfc3339.Format(s)}'" : "")} {(until is { } t ? $"AND r.created_at <= '{Rfc3339.Format(t)}'" : "")}
                            ORDER BY r.created_at DESC, r.id DESC LIMIT 51
                            """;
                        var (expected, found) = await _store!.ReadAsync(c => (c.Query(plain, r => r.GetInt64(0)), RecentRequests.Find(c, filter, 51, 100)), Ct);
                        Assert.True(expected.SequenceEqual(found), filter.ToString());
                        checks += expected.Count;
                    }
                }
            }
        }

        Assert.True(checks > 1_000);
    }

    private Task<List<string>> ReadAsync(string sql) => _store!.ReadAsync(c => c.Query(sql, r => r.GetString(0)), Ct);

    private Task<JsonObject> CallAsync(string tool, string arguments)
    {
        using var json = JsonDocument.Parse(arguments);
        return new ToolRegistry(_reader!).InvokeAsync(tool, json.RootElement.Clone(), Ct);
    }
}
