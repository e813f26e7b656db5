using System.Text.Json.Nodes;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Telemetry;

/// <summary>Spans of requests at an OTLP collector: what they say, whose children they are, and that nobody waits for them.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Parent = "b7ad6b7169203331";
    private const string Secret = "a-secret-prompt";

    private readonly MockUpstream _collector = MockUpstream.Start();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _collector.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ARequestIsASpanWithOneForItsAttempt(bool stream)
    {
        await using Fleet fleet = await StartAsync();
        fleet[0].Default = new MockBehaviour { Answer = "an answer that stays here", PromptTokens = 11 };
        string id;
        if (stream)
        {
            StreamReply reply = await fleet.Client.StreamAsync(Chat.Body("m/a", Secret));
            Assert.True(reply is { Status: 200, Done: true }, reply + fleet.Daemon.Log);
            id = reply.Header("x-request-id")!;
        }
        else
        {
            ChatReply reply = await fleet.Client.AskAsync(Chat.Body("m/a", Secret), ("Authorization", "Bearer sk-client-key"));
            Assert.Equal(200, reply.Status);
            id = reply.Header("x-request-id")!;
        }

        List<OtlpSpan> spans = await OtlpSpan.WaitAsync(_collector, 2, fleet.Daemon);
        Assert.Equal(2, spans.Count);
        OtlpSpan server = Assert.Single(spans, s => s.Kind == OtlpSpan.Server);
        OtlpSpan client = Assert.Single(spans, s => s.Kind == OtlpSpan.Client);
        Assert.Equal(("chat m/a", "", 0), (server.Name, server.Parent, server.Status));
        Assert.Equal((server.TraceId, server.SpanId, 0), (client.TraceId, client.Parent, client.Status));
        Assert.True(server.StartNs <= client.StartNs && client.StartNs <= client.EndNs && client.EndNs <= server.EndNs);
        Assert.InRange(server.EndNs - server.StartNs, 1_000, 60_000_000_000);
        foreach ((string name, string value) in new[]
        {
            ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "m/a"), ("gen_ai.usage.input_tokens", "11"),
            ("gen_ai.response.finish_reasons", "stop"), ("routerd.deployment", "m/a"), ("routerd.decision", "chosen"), ("routerd.attempts", "1"),
            ("routerd.request_id", id), ("http.response.status_code", "200"), ("server.address", "127.0.0.1"),
        })
            Assert.Equal(value, server[name]);
        Assert.All(["gen_ai.response.model", "gen_ai.usage.output_tokens", "routerd.predicted_ttft_ms", "routerd.cost_usd"], a => Assert.NotNull(server[a]));
        Assert.Equal(stream, server["routerd.ttft_ms"] is not null);
        Assert.Null(server["error.type"]);
        Assert.Equal(("127.0.0.1", "m/a", "m"), (client["server.address"], client["routerd.deployment"], client["gen_ai.request.model"]));

        // The upstream goes on below the attempt.
        Assert.Equal($"00-{server.TraceId}-{client.SpanId}-01", fleet[0].Posts[^1].Header("traceparent"));
        string sent = string.Concat(_collector.Posts.Select(p => p.BodyText));
        Assert.All([Secret, "an answer that stays here", "sk-client-key"], text => Assert.DoesNotContain(text, sent, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheClientsTraceGoesOnAndItsWishNotToBeSampledIsHeeded()
    {
        await using Fleet fleet = await StartAsync();
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"), ("traceparent", $"00-{Trace}-{Parent}-00"));
        Assert.Equal($"00-{Trace}-{Parent}-00", fleet[0].Posts[^1].Header("traceparent"));
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"), ("traceparent", $"00-{Trace}-{Parent}-01"));
        List<OtlpSpan> spans = await OtlpSpan.WaitAsync(_collector, 2, fleet.Daemon);
        Assert.Equal(2, spans.Count);
        Assert.All(spans, s => Assert.Equal(Trace, s.TraceId));
        Assert.Equal(Parent, Assert.Single(spans, s => s.Kind == OtlpSpan.Server).Parent);

        // Nonsense begins a trace of its own.
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"), ("traceparent", $"00-{new string('0', 32)}-{Parent}-01"));
        Assert.NotEqual(Trace, (await OtlpSpan.WaitAsync(_collector, 4, fleet.Daemon))[^1].TraceId);
    }

    [Fact]
    public async Task AFallbackShowsBothAttempts()
    {
        await using Fleet fleet = await StartAsync();
        fleet[0].Default = MockBehaviour.Error(500, Secret);
        ChatReply reply = await fleet.Client.AskAsync(Chat.Body("m/a", "hi", ("fallbacks", new JsonArray("m/b"))));
        Assert.Equal(200, reply.Status);
        List<OtlpSpan> spans = await OtlpSpan.WaitAsync(_collector, 3, fleet.Daemon);
        OtlpSpan server = Assert.Single(spans, s => s.Kind == OtlpSpan.Server);
        Assert.Equal(("fallback", "2", "m/b", 0), (server["routerd.decision"], server["routerd.attempts"], server["routerd.deployment"], server.Status));
        OtlpSpan failed = Assert.Single(spans, s => s.Status == 2);
        Assert.Equal(("m/a", "upstream_status", "500", server.SpanId), (failed["routerd.deployment"], failed["error.type"], failed["http.response.status_code"], failed.Parent));
        Assert.DoesNotContain(Secret, string.Concat(_collector.Posts.Select(p => p.BodyText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFailureSaysOfWhat()
    {
        await using Fleet fleet = await StartAsync("retries: { max_attempts: 1 }\n");
        fleet[0].Default = MockBehaviour.Error(500, "boom");
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"));
        await fleet.Client.AskAsync(Chat.Body($"no-such-{Secret}", "hi"));
        List<OtlpSpan> spans = await OtlpSpan.WaitAsync(_collector, 3, fleet.Daemon);
        Assert.Contains(spans, s => s.Kind == OtlpSpan.Server && s is { Status: 2, Name: "chat m/a" } && s["error.type"] == "upstream_status" && s["http.response.status_code"] == "502");
        Assert.Contains(spans, s => s.Kind == OtlpSpan.Server && s is { Status: 2, Name: "chat" } && s["error.type"] == "refused" && s["http.response.status_code"] == "404");
        Assert.DoesNotContain(Secret, string.Concat(_collector.Posts.Select(p => p.BodyText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReloadTurnsTracesOnAndOff()
    {
        await using Fleet fleet = await StartAsync(otlp: "");
        string off = await File.ReadAllTextAsync(Path.Combine(fleet.Daemon.Home, "routerd.yaml"));
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"), ("traceparent", $"00-{Trace}-{Parent}-01"));
        Assert.Equal($"00-{Trace}-{Parent}-01", fleet[0].Posts[^1].Header("traceparent"));
        Assert.DoesNotContain("does not act on it", fleet.Daemon.Log, StringComparison.Ordinal);

        await ReloadAsync(fleet, off.Replace("otlp: \"\"", $"otlp: \"{_collector.Url}\"", StringComparison.Ordinal), 1);
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"));
        await OtlpSpan.WaitAsync(_collector, 2, fleet.Daemon);
        await ReloadAsync(fleet, off, 2);
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"));
        await Task.Delay(1500);
        Assert.Equal(2, OtlpSpan.All(_collector).Count);
    }

    [Fact]
    public async Task WithoutACollectorRequestsAreUnharmedAndSpansAreCounted()
    {
        await using Fleet fleet = await StartAsync(otlp: "http://127.0.0.1:1");
        for (int round = 0; round < 15; round++)
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => fleet.Client.AskAsync(Chat.Body("m/a", "hi")))), r => Assert.Equal(200, r.Status));
        await Eventually.TrueAsync(
            async () => PrometheusPage.Parse(await fleet.Client.GetStringAsync("/metrics")).Value("routerd_spans_dropped_total") > 500,
            TimeSpan.FromSeconds(20), () => "no span was dropped");
        await fleet.Daemon.WaitForLogAsync("does not take spans", TimeSpan.FromSeconds(20));
        fleet.Daemon.Signal(DaemonProcess.SigTerm);
        Assert.Equal(0, await fleet.Daemon.WaitForExitAsync(TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public async Task StoppingSendsWhatIsQueued()
    {
        await using Fleet fleet = await StartAsync();
        await fleet.Client.AskAsync(Chat.Body("m/a", "hi"));
        fleet.Daemon.Signal(DaemonProcess.SigTerm);
        Assert.Equal(0, await fleet.Daemon.WaitForExitAsync(TimeSpan.FromSeconds(15)));
        Assert.Equal(2, OtlpSpan.All(_collector).Count);
    }

    private static async Task ReloadAsync(Fleet fleet, string config, int reloads)
    {
        await File.WriteAllTextAsync(Path.Combine(fleet.Daemon.Home, "routerd.yaml"), config);
        fleet.Daemon.Signal(DaemonProcess.SigHup);
        await Eventually.TrueAsync(() => fleet.Daemon.Log.Split("reloaded ").Length > reloads, TimeSpan.FromSeconds(10), () => fleet.Daemon.Log);
        // The file's watch may see the change as well.
        await Task.Delay(300);
    }

    private Task<Fleet> StartAsync(string more = "", string? otlp = null) =>
        Fleet.StartAsync(["", ""], $"telemetry: {{ otlp: \"{otlp ?? _collector.Url.ToString()}\" }}\n{more}");
}
