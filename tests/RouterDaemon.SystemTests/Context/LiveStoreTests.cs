using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Context;

/// <summary>What the daemon writes of itself while it serves: deployments, incidents, scores; and what it deletes.</summary>
public sealed class LiveStoreTests
{
    private const string Fast = "context: { refresh: 200ms, clean_up: 1s, keep: 1h }\n";

    [Fact]
    public async Task DeploymentsAreRefreshedWithinTenSecondsUnderTraffic()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        // The default interval, not a faster one.
        await using DaemonProcess daemon = await StartAsync(upstream, "");
        await Chats(daemon, 5);
        for (int i = 0; i < 12; i++)
        {
            await Chats(daemon, 2);
            await Task.Delay(500);
            JsonNode deployment = (await ToolAsync(daemon, "get_deployment_status", "{}"))["deployments"]![0]!;
            Assert.Equal("m/b0", (string?)deployment["id"]);
            Assert.True(DateTimeOffset.UtcNow - (DateTimeOffset)deployment["updated_at"]! < TimeSpan.FromSeconds(10), deployment.ToJsonString());
            if (i == 11)
                Assert.True((int)deployment["sample_count"]! >= 15, deployment.ToJsonString());
        }
    }

    [Fact]
    public async Task ABreakerOpensAnIncidentAndItsClosingResolvesIt()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        await using DaemonProcess daemon = await StartAsync(upstream, Fast);
        await Chats(daemon, 5);
        upstream.Default = MockBehaviour.Error(500, "down");
        await Eventually.TrueAsync(async () => await Failing(daemon) && await ActiveAsync(daemon, "Circuit breaker open: requests fail") == 1 && await DownAsync(daemon) == 1, TimeSpan.FromSeconds(20), () => daemon.Log);
        upstream.Default = new MockBehaviour();
        await Eventually.TrueAsync(async () => !await Failing(daemon) && await ActiveAsync(daemon) == 0, TimeSpan.FromSeconds(40), () => daemon.Log);
        using var store = new ContextDb(daemon.Home);
        Assert.Equal(["resolved m/b0 1"], store.Column("SELECT status || ' ' || target_id || ' ' || (resolved_at >= started_at) FROM incidents"));
    }

    [Fact]
    public async Task SlowerFirstTokensOpenAnIncidentAndFasterOnesResolveIt()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        await using DaemonProcess daemon = await StartAsync(upstream, Fast);
        await Rounds(daemon, 3);
        upstream.Default = new MockBehaviour { FirstTokenMs = 400 };
        await Eventually.TrueAsync(async () => await Rounds(daemon, 1) && await ActiveAsync(daemon, "Latency shift: first token p50") == 1, TimeSpan.FromSeconds(60), () => daemon.Log);
        Assert.Equal("degraded", (string?)(await ToolAsync(daemon, "get_deployment_status", "{}"))["deployments"]![0]!["status"]);
        upstream.Default = new MockBehaviour();
        await Eventually.TrueAsync(async () => await Rounds(daemon, 1) && await ActiveAsync(daemon) == 0, TimeSpan.FromSeconds(60), () => daemon.Log);
    }

    [Fact]
    public async Task ScoresComeInAndBackupsGoOutWhileItServes()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        await using DaemonProcess daemon = await StartAsync(upstream, Fast);
        string id = await Chats(daemon, 20);
        await Eventually.TrueAsync(async () => (await ToolAsync(daemon, "get_recent_requests", "{}"))["count"]!.GetValue<int>() == 20, TimeSpan.FromSeconds(20), () => daemon.Log);
        using HttpResponseMessage scored = await daemon.Client.PostAsync("/context/quality", Json($$"""{"request_id":"{{id}}","score":0.75}"""));
        Assert.True(scored.IsSuccessStatusCode);
        Assert.Equal(0.75, (double)(await ToolAsync(daemon, "get_request_detail", $$"""{"request_id":"{{id}}"}"""))["quality_score"]!);
        Assert.Equal(1, (int)(await ToolAsync(daemon, "get_quality_summary", "{}"))["data"]![0]!["sample_count"]!);

        Task traffic = Chats(daemon, 100);
        string copy = Path.Combine(daemon.Home, "copy.db");
        var backup = await DaemonBinary.RunAsync(new DaemonOptions { Home = daemon.Home, Arguments = ["context", "backup", copy] }, TimeSpan.FromSeconds(60));
        Assert.True(backup.ExitCode == 0, backup.Error);
        await traffic;
        using var connection = new SqliteConnection($"Data Source={copy};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT (SELECT group_concat(integrity_check) FROM pragma_integrity_check) || ' ' || ((SELECT count(*) FROM requests) >= 20)";
        Assert.Equal("ok 1", command.ExecuteScalar());
    }

    [Fact]
    public async Task TheAgentsOwnQuestionsAreRequestsLikeAnyOther()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        await using DaemonProcess daemon = await StartAsync(upstream, Fast);
        upstream.Default = MockBehaviour.Ok("All is well.");
        using HttpResponseMessage answer = await daemon.Client.PostAsync("/context/ask", Json("""{"question":"How are you?"}"""));
        Assert.Contains("All is well.", await answer.Content.ReadAsStringAsync());
        await Eventually.TrueAsync(async () => (await ToolAsync(daemon, "get_recent_requests", "{}"))["count"]!.GetValue<int>() == 1, TimeSpan.FromSeconds(20), () => daemon.Log);
        JsonNode request = (await ToolAsync(daemon, "get_recent_requests", "{}"))["requests"]![0]!;
        Assert.Equal(("m/b0", "success"), ((string?)request["deployment_id"], (string?)request["status"]));
    }

    [Fact]
    public async Task OldRowsAreDeletedAndStillCounted()
    {
        using var home = new TempFolder();
        await using MockUpstream upstream = MockUpstream.Start();
        await using (DaemonProcess first = await StartAsync(upstream, "", home.Path))
        {
            await Chats(first, 10);
            first.Signal(DaemonProcess.SigTerm);
            await first.WaitForExitAsync(TimeSpan.FromSeconds(20));
        }

        // A day passes.
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(home.Path, "data", "context.db")};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = """
                UPDATE requests SET created_at = strftime('%Y-%m-%dT%H:%M:%SZ', created_at, '-1 day');
                UPDATE r_outcomes SET created_at = strftime('%Y-%m-%dT%H:%M:%SZ', created_at, '-1 day');
                UPDATE r_rollups SET hour = strftime('%Y-%m-%dT%H:%M:%SZ', hour, '-1 day');
                UPDATE r_day_rollups SET day = date(day, '-1 day')
                """;
            command.ExecuteNonQuery();
        }

        await using DaemonProcess daemon = await StartAsync(upstream, Fast, home.Path);
        await Chats(daemon, 3);
        await Eventually.TrueAsync(
            async () => (await ToolAsync(daemon, "get_recent_requests", "{}"))["count"]!.GetValue<int>() == 3, TimeSpan.FromSeconds(20), () => daemon.Log);
        JsonNode volume = await ToolAsync(daemon, "get_request_volume", """{"group_by":"model"}""");
        Assert.Equal(13, (int)volume["totals"]!["m"]!["requests"]!);
    }

    private static Task<DaemonProcess> StartAsync(MockUpstream upstream, string more, string? home = null) => DaemonProcess.StartAsync(
        new DaemonOptions { NoModel = true, WaitReady = true, Home = home, Config = Yaml.Fleet([upstream], more: "retries: { max_attempts: 1 }\n" + more) });

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<JsonNode> ToolAsync(DaemonProcess daemon, string tool, string arguments)
    {
        using HttpResponseMessage response = await daemon.Client.PostAsync($"/context/tools/{tool}", Json(arguments));
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static async Task<int> ActiveAsync(DaemonProcess daemon, string title = "") =>
        (await ToolAsync(daemon, "get_active_incidents", "{}"))["incidents"]!.AsArray().Count(i => ((string)i!["title"]!).StartsWith(title, StringComparison.Ordinal));

    private static async Task<int> DownAsync(DaemonProcess daemon) =>
        (int)(await ToolAsync(daemon, "get_deployment_status", """{"status":"down"}"""))["summary"]!["down"]!;

    private static async Task<bool> Failing(DaemonProcess daemon)
    {
        using HttpResponseMessage response = await daemon.Client.PostAsync("/v1/chat/completions", Json("""{"model":"m","messages":[{"role":"user","content":"hi"}]}"""));
        return !response.IsSuccessStatusCode;
    }

    // Answers the id of the last request.
    private static async Task<string> Chats(DaemonProcess daemon, int count)
    {
        string id = "";
        for (int i = 0; i < count; i++)
        {
            using HttpResponseMessage response = await daemon.Client.PostAsync("/v1/chat/completions", Json("""{"model":"m","messages":[{"role":"user","content":"hi"}]}"""));
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
            id = response.Headers.GetValues("x-request-id").Single();
        }

        return id;
    }

    // One round is one reading of the shift: 24 streams side by side, then time for the daemon to look.
    private static async Task<bool> Rounds(DaemonProcess daemon, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 24).Select(async _ =>
            {
                using HttpResponseMessage response = await daemon.Client.PostAsync("/v1/chat/completions", Json("""{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"""));
                Assert.True(response.IsSuccessStatusCode);
                await response.Content.ReadAsStringAsync();
            }));
            await Task.Delay(300);
        }

        return true;
    }
}
