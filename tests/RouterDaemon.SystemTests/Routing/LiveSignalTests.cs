using System.Text.Json;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Routing;

/// <summary>What the daemon has measured, was told and has kept decides.</summary>
public sealed class LiveSignalTests
{
    private const string Idle = "llm_d_epp_average_queue_size{name=\"p\"} 0\nllm_d_epp_average_running_requests{name=\"p\"} 1\nllm_d_epp_average_kv_cache_utilization{name=\"p\"} 0.1\nllm_d_epp_ready_endpoints{name=\"p\"} 4\n";
    private const string Busy = "llm_d_epp_average_queue_size{name=\"p\"} 60\nllm_d_epp_average_running_requests{name=\"p\"} 8\nllm_d_epp_average_kv_cache_utilization{name=\"p\"} 0.97\nllm_d_epp_ready_endpoints{name=\"p\"} 4\n";
    private const string Gone = "llm_d_epp_ready_endpoints{name=\"p\"} 0\n";
    private const string Polled = "| trust: private, metrics: { url: \"METRICS\", token_env: EPP_TOKEN, interval: 200ms }";

    [Fact]
    public async Task ARestartStartsWarm()
    {
        using var home = new TempFolder();
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.5", "quality: 0.5"], home: home.Path);
        fleet[0].Default = MockBehaviour.Ok("slow") with { FirstTokenMs = 700 };
        await fleet.WarmAsync("m/a", 10);
        await fleet.WarmAsync("m/b", 10);
        JsonElement before = await ExplainAsync(fleet);
        await fleet.RestartAsync();
        // It listens before its store is open.
        await Eventually.TrueAsync(
            () => fleet.Daemon.Log.Contains("start with what was learnt before", StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => fleet.Daemon.Log);
        JsonElement after = await ExplainAsync(fleet);
        foreach (string id in new[] { "m/a", "m/b" })
            Assert.Equal(Ttft(before, id), Ttft(after, id), Math.Max(1, Ttft(before, id) * 0.02));
        Assert.InRange(Ttft(after, "m/a"), 450, 1100);
        Assert.InRange(Ttft(after, "m/b"), 0, 250);
        fleet[0].Clear();
        Assert.Equal("m/b", await fleet.ChooseAsync()); // the very first decision
        Assert.Empty(fleet[0].Posts);
        string metrics = await fleet.Client.GetStringAsync("/metrics");
        Assert.Contains("routerd_time_to_first_token_seconds{deployment=\"m/a\",quantile=\"0.5\"}", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatTheEngineOfThisProcessKnowsIsPredicted()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { WaitReady = true });
        JsonElement cold = await ExplainAsync(daemon.Client, "tiny");
        Assert.InRange(QueueMs(cold), 100, 60_000); // it must be loaded first
        Assert.Equal(200, (await daemon.Client.AskAsync(Chat.Body("tiny", "What is 7 + 8?", ("max_tokens", 4)))).Status);
        JsonElement warm = await ExplainAsync(daemon.Client, "tiny");
        Assert.Equal(0, QueueMs(warm)); // resident, and every slot is free

        static double QueueMs(JsonElement explained) => explained.GetProperty("candidates")[0].GetProperty("queue_ms").GetDouble();
    }

    [Fact]
    public async Task AQueueThatOthersMadeIsSeenBeforeTheFirstRequest()
    {
        await using Fleet fleet = await PolledFleetAsync(Busy, Idle);
        await fleet[0].WaitForAsync(r => r.Path == "/metrics", TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(async () => Ttft(await ExplainAsync(fleet), "m/a") > Ttft(await ExplainAsync(fleet), "m/b") + 500,
            TimeSpan.FromSeconds(10), () => "the gauges do not show in the prediction");
        for (int i = 0; i < 5; i++)
            Assert.Equal("m/b", await fleet.ChooseAsync());
        Assert.All(fleet[0].Requests, r => Assert.Equal("Bearer epp-secret", r.Header("authorization")));
        Assert.DoesNotContain("epp-secret", fleet.Daemon.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StaleGaugesAreLeftOut()
    {
        await using Fleet fleet = await PolledFleetAsync(Busy, Idle);
        await Eventually.TrueAsync(async () => Ttft(await ExplainAsync(fleet), "m/a") > Ttft(await ExplainAsync(fleet), "m/b") + 500,
            TimeSpan.FromSeconds(10), () => "the gauges do not show in the prediction");
        fleet[0].MetricsText = fleet[1].MetricsText = "nothing_known 1\n";
        await Eventually.TrueAsync(async () => Math.Abs(Ttft(await ExplainAsync(fleet), "m/a") - Ttft(await ExplainAsync(fleet), "m/b")) < 50,
            TimeSpan.FromSeconds(10), () => "stale gauges still count");
        await fleet.Daemon.WaitForLogAsync("metrics page could not be used", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task AnEmptyPoolGetsNoRequests()
    {
        await using Fleet fleet = await PolledFleetAsync(Gone, Idle);
        await Eventually.TrueAsync(async () => await fleet.ChooseAsync("m/a") == "503", TimeSpan.FromSeconds(10), () => "the empty pool is still used");
        int before = fleet[0].Posts.Count;
        for (int i = 0; i < 10; i++)
            Assert.Equal("m/b", await fleet.ChooseAsync());
        Assert.Equal(before, fleet[0].Posts.Count);
        fleet[0].MetricsText = Idle;
        await Eventually.TrueAsync(async () => await fleet.ChooseAsync("m/a") == "m/a", TimeSpan.FromSeconds(10), () => "the pool is back and not used");
    }

    [Fact]
    public async Task AClustersSessionTokenAndLoadComeBack()
    {
        await using Fleet fleet = await Fleet.StartAsync([""], kind: "llm-d");
        fleet[0].Default = new MockBehaviour { Headers = ["x-session-token: bnM=", "endpoint-load-metrics: TEXT named_metrics.num_requests_waiting=7, named_metrics.kv_cache_usage_perc=0.5"] };
        ChatReply reply = await fleet.Client.AskAsync(Chat.Body("m", "hi"), ("x-session-id", "s"));
        Assert.True(reply.Status == 200, reply.ToString());
        Assert.Equal("bnM=", reply.Header("x-session-token"));
        MockRequest seen = fleet[0].Posts[0];
        Assert.Equal(("TEXT", "s"), (seen.Header("endpoint-load-metrics-format"), seen.Header("x-session-id")));
    }

    private static Task<Fleet> PolledFleetAsync(string first, string second)
    {
        return StartAsync();

        async Task<Fleet> StartAsync()
        {
            Fleet fleet = await Fleet.StartAsync([Polled, Polled], kind: "llm-d", environment: new Dictionary<string, string> { ["EPP_TOKEN"] = "epp-secret" });
            (fleet[0].MetricsText, fleet[1].MetricsText) = (first, second);
            return fleet;
        }
    }

    private static Task<JsonElement> ExplainAsync(Fleet fleet) => ExplainAsync(fleet.Client, "pool");

    private static async Task<JsonElement> ExplainAsync(HttpClient client, string model)
    {
        using HttpResponseMessage response = await client.PostAsync("/v1/route/explain", Chat.Json(Chat.Body(model, "hi")));
        return Chat.Parse(await response.Content.ReadAsStringAsync());
    }

    private static double Ttft(JsonElement explained, string deployment) =>
        explained.GetProperty("candidates").EnumerateArray().Concat(explained.GetProperty("masked").EnumerateArray())
            .Single(c => c.GetProperty("deployment").GetString() == deployment).GetProperty("ttft_ms").GetDouble();
}
