using System.Text.Json.Nodes;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Telemetry;

/// <summary><c>/metrics</c>, request lines of the log and <c>/openapi.json</c> of a running daemon.</summary>
public sealed class MetricsTests
{
    private static readonly (string, string) A = ("deployment", "m/a");
    private static readonly (string, string) B = ("deployment", "m/b");

    [Fact]
    public async Task ThePageCountsWhatHappened()
    {
        await using Fleet fleet = await Fleet.StartAsync(["price: { input: 1, output: 2 }", "price: { input: 1000000, output: 0 }"]);
        fleet[1].Default = new MockBehaviour { PromptTokens = 3 };
        await fleet.WarmAsync("m/b", 3);
        fleet[0].Default = MockBehaviour.Error(500, "boom");
        ChatReply reply = await fleet.Client.AskAsync(Chat.Body("m/a", "hi", ("fallbacks", new JsonArray("m/b"))));
        Assert.Equal(200, reply.Status);
        Assert.Equal(404, (await fleet.Client.AskAsync(Chat.Body("nobody", "hi"))).Status);

        PrometheusPage page = PrometheusPage.Parse(await fleet.Client.GetStringAsync("/metrics"));
        foreach (string name in new[]
        {
            "routerd_deployment_in_flight", "routerd_deployment_error_rate", "routerd_deployment_breaker_open", "routerd_deployment_breaker_state", "routerd_deployment_queue_depth",
            "routerd_time_to_first_token_seconds", "routerd_time_per_output_token_seconds", "routerd_request_duration_seconds", "routerd_decisions_total",
            "routerd_decision_samples_discarded_total", "routerd_hedges_total", "routerd_journal_backlog", "routerd_journal_dropped_total", "routerd_allocated_bytes_total", "routerd_collections_total", "routerd_collection_pause_microseconds_total",
            "routerd_spans_exported_total", "routerd_spans_dropped_total",
        })
            Assert.True(page.Types.ContainsKey(name), name);
        Assert.Equal(4, page.Value("routerd_requests_total", B, ("status", "200")));
        Assert.Equal(1, page.Value("routerd_requests_total", ("deployment", ""), ("status", "404")));
        Assert.Equal(1, page.Value("routerd_retries_total", A, ("error_type", "upstream_status")));
        Assert.Equal(1, page.Value("routerd_fallbacks_total", B));
        Assert.Equal(12, page.Value("routerd_tokens_total", B, ("type", "input")));
        Assert.Equal(12, page.Value("routerd_cost_usd_total", B), 0.001);
        (string, string)[] genAi = [("gen_ai_operation_name", "chat"), ("gen_ai_request_model", "m"), ("gen_ai_provider_name", "openai"), B];
        Assert.Equal(4, page.Value("gen_ai_client_operation_duration_seconds_count", [.. genAi, ("error_type", "")]));
        Assert.Equal(12, page.Value("gen_ai_client_token_usage_sum", [.. genAi, ("gen_ai_token_type", "input")]));
        Assert.Equal(3, page.Value("gen_ai_server_time_to_first_token_seconds_count", genAi));
        Assert.Equal(3, page.Value("gen_ai_server_time_per_output_token_seconds_count", genAi));
        // Four requests were handed over, each once, to where they went first.
        Assert.Equal((1, 3), (page.Value("routerd_overhead_seconds_count", A), page.Value("routerd_overhead_seconds_count", B)));
        Assert.True(page.Sum("routerd_overhead_seconds_sum") > 0);
    }

    [Fact]
    public async Task CountersOutliveAReload()
    {
        await using Fleet fleet = await Fleet.StartAsync([""]);
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"));
        fleet.Daemon.Signal(DaemonProcess.SigHup);
        await fleet.Daemon.WaitForLogAsync("reloaded ", TimeSpan.FromSeconds(10));
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"));
        Assert.Equal(2, PrometheusPage.Parse(await fleet.Client.GetStringAsync("/metrics")).Value("routerd_requests_total", A, ("status", "200")));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("json")]
    public async Task ARequestHasALineInTheLogOnDemand(string format)
    {
        await using Fleet fleet = await Fleet.StartAsync(["price: { input: 1000000, output: 0 }"], $"log: {{ requests: true, format: {format} }}\n");
        fleet[0].Default = MockBehaviour.Ok("the-answer") with { PromptTokens = 3 };
        StreamReply reply = await fleet.Client.StreamAsync(Chat.Body("m/a", "the-prompt"));
        await fleet.Client.AskAsync(Chat.Body("the-unknown-model", "the-prompt"), ("Authorization", "Bearer sk-the-key"));
        await fleet.Daemon.WaitForLogAsync("error_type=refused", TimeSpan.FromSeconds(10));
        string[] lines = [.. fleet.Daemon.Log.Split('\n').Where(l => l.Contains(" attempts=", StringComparison.Ordinal))];
        Assert.Equal(2, lines.Length);
        string line = format == "json" ? (string)JsonNode.Parse(lines[0])!["Message"]! : lines[0];
        Assert.Contains($"request_id={reply.Header("x-request-id")} status=200 model=m/a deployment=m/a decision=chosen ttft_ms=", line, StringComparison.Ordinal);
        Assert.Matches(@"latency_ms=[\d.]+ input_tokens=3 output_tokens=\d+ cost_usd=3 attempts=1$", line.TrimEnd());
        if (format == "json")
        {
            JsonNode state = JsonNode.Parse(lines[0])!["State"]!;
            Assert.Equal(("m/a", 200, 3, 3.0), ((string)state["deployment"]!, (int)state["status"]!, (int)state["input_tokens"]!, (double)state["cost_usd"]!));
        }

        Assert.All(["the-prompt", "the-answer", "the-unknown-model", "the-key"], text => Assert.DoesNotContain(text, fleet.Daemon.Log, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WithoutBeingAskedForNoRequestIsLogged()
    {
        await using Fleet fleet = await Fleet.StartAsync([""]);
        ChatReply reply = await fleet.Client.AskAsync(Chat.Body("m/a", "hi"));
        Assert.DoesNotContain(reply.Header("x-request-id")!, fleet.Daemon.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheOpenApiDocumentIsServed()
    {
        await using Fleet fleet = await Fleet.StartAsync([""]);
        using HttpResponseMessage response = await fleet.Client.GetAsync("/openapi.json");
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        JsonNode document = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.StartsWith("3.1.", (string)document["openapi"]!);
        Assert.Equal("createMessage", (string)document["paths"]!["/v1/messages"]!["post"]!["operationId"]!);
    }
}
