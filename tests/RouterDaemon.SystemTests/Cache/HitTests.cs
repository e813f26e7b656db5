using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Cache;

/// <summary>Which requests are answered from the cache, and what a hit looks like.</summary>
public sealed partial class HitTests : IAsyncLifetime
{
    private const string On = "cache: { enabled: true }\nretries: { max_attempts: 1 }\n";
    private Fleet _fleet = null!;

    public async ValueTask InitializeAsync()
    {
        _fleet = await Fleet.StartAsync(["price: { input: 1, output: 2 }"], On);
        _fleet[0].Default = MockBehaviour.Ok("The answer is 42, ünïcode.") with { PromptTokens = 11, CachedTokens = 2 };
    }

    public async ValueTask DisposeAsync() => await _fleet.DisposeAsync();

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"m","temperature":0,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"m","temperature":0,"stream":true,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"m","temperature":0,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/completions", """{"model":"m","temperature":0,"prompt":"hi"}""")]
    [InlineData("/v1/embeddings", """{"model":"m","input":"hi"}""")]
    [InlineData("/v1/messages", """{"model":"m","temperature":0,"max_tokens":64,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/messages", """{"model":"m","temperature":0,"max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/responses", """{"model":"m","temperature":0,"input":"hi"}""")]
    [InlineData("/v1/responses", """{"model":"m","temperature":0,"stream":true,"input":"hi"}""")]
    [InlineData("/api/chat", """{"model":"m","options":{"temperature":0},"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/api/generate", """{"model":"m","options":{"temperature":0},"stream":false,"prompt":"hi"}""")]
    [InlineData("/api/embed", """{"model":"m","input":"hi"}""")]
    [InlineData("/infer", """{"model":"m","temperature":0,"prompt":"hi"}""")]
    public async Task TheSecondAnswerIsTheFirstWithoutADeployment(string path, string body)
    {
        ChatReply first = await _fleet.Client.AskAsync(path, Chat.Json(body));
        ChatReply second = await _fleet.Client.AskAsync(path, Chat.Json(body));
        Assert.True(first.Status == 200, first.ToString());
        Assert.Equal(("chosen", "1"), (first.Header("x-routerd-decision"), first.Header("x-routerd-attempts")));
        Assert.Equal(200, second.Status);
        Assert.Equal(("cached", "0", "m/a"), (second.Header("x-routerd-decision"), second.Header("x-routerd-attempts"), second.Header("x-routerd-deployment")));
        Assert.Equal(first.Header("content-type"), second.Header("content-type"));
        Assert.NotEqual(first.Header("x-request-id"), second.Header("x-request-id"));
        Assert.Equal(Plain(first.Body), Plain(second.Body));
        Assert.Single(_fleet[0].Posts);
        Assert.Equal((1, 1, 1), (await MetricAsync("hits_total"), await MetricAsync("misses_total"), await MetricAsync("entries")));

        string id = second.Header("x-request-id")!;
        using var db = new ContextDb(_fleet.Daemon.Home);
        await Eventually.TrueAsync(
            () => db.Number($"SELECT count(*) FROM r_outcomes WHERE id = '{id}' AND outcome = 'cached' AND decision_kind = 'cached' AND cost_usd = 0 AND attempts = 0 AND prompt_tokens > 0") == 1,
            TimeSpan.FromSeconds(10), () => $"{path}: no row of a cached request for {id}");
        Assert.Equal(0, db.Number($"SELECT count(*) FROM requests WHERE id = '{id}'"));
    }

    [Fact]
    public async Task AResponseFromTheCacheCanBeGoneOnFrom()
    {
        const string body = """{"model":"m","temperature":0,"input":"hi"}""";
        ChatReply first = await _fleet.Client.AskAsync("/v1/responses", Chat.Json(body));
        ChatReply second = await _fleet.Client.AskAsync("/v1/responses", Chat.Json(body));
        string id = second.Json.GetProperty("id").GetString()!;
        Assert.NotEqual(first.Json.GetProperty("id").GetString(), id);
        ChatReply next = await _fleet.Client.AskAsync("/v1/responses", Chat.Json($$"""{"model":"m","temperature":0,"previous_response_id":"{{id}}","input":"and then?"}"""));
        Assert.Equal(200, next.Status);
        Assert.Contains("The answer is 42", _fleet[0].Posts[^1].BodyText);
    }

    [Fact]
    public async Task BetweenAnthropicAndAnthropicTheBytesAreKept()
    {
        await using AnthropicUpstream upstream = await AnthropicUpstream.StartAsync();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            NoModel = true,
            Config = $"backends:\n  - {{ id: a, kind: anthropic, url: \"{upstream.Url}\", deployments: [{{ model: claude, upstream_model: claude-mock }}] }}\n{On}",
        });
        foreach (string stream in (string[])["false", "true"])
        {
            string body = $$"""{"model":"claude","temperature":0,"max_tokens":64,"stream":{{stream}},"messages":[{"role":"user","content":"hi"}]}""";
            ChatReply first = await daemon.Client.AskAsync("/v1/messages", Chat.Json(body));
            ChatReply second = await daemon.Client.AskAsync("/v1/messages", Chat.Json(body));
            Assert.Equal((200, first.Body, "cached"), (second.Status, second.Body, second.Header("x-routerd-decision")));
            // Another version of the API is another answer.
            ChatReply beta = await daemon.Client.AskAsync("/v1/messages", Chat.Json(body), ("anthropic-beta", "other"));
            Assert.Equal("chosen", beta.Header("x-routerd-decision"));
        }

        Assert.Equal(4, upstream.Requests.Count);
    }

    [Fact]
    public async Task OnlyRequestsWithOneAnswerAreKept()
    {
        await TwiceAsync("chosen", Chat.Body("m", "no temperature"));
        await TwiceAsync("chosen", Chat.Body("m", "warm", ("temperature", 0.7)));
        await TwiceAsync("chosen", Chat.Body("m", "not now", ("temperature", 0)), ("x-routerd-no-cache", "1"));
        await TwiceAsync("chosen", Chat.Body("m", "why", ("temperature", 0)), ("x-routerd-explain", "1"));
        await TwiceAsync("cached", Chat.Body("m", "asked by header"), ("x-routerd-cache", "1"));
        await TwiceAsync("cached", Chat.Body("m", "asked by body", ("temperature", 0.7), ("route", new JsonObject { ["cache"] = true })));
        await TwiceAsync("cached", Chat.Body("m", "several", ("temperature", 0), ("n", 2)));
        Assert.Equal((4 * 2) + 3, _fleet[0].Posts.Count);
    }

    [Fact]
    public async Task StreamsPrivacyAndModelsHaveAnswersOfTheirOwn()
    {
        JsonObject body = Chat.Body("m", "hi", ("temperature", 0));
        await TwiceAsync("cached", body);
        await TwiceAsync("cached", body, ("x-routerd-privacy", "private"));
        await TwiceAsync("cached", Chat.Body("pool", "hi", ("temperature", 0)));
        StreamReply stream = await _fleet.Client.StreamAsync(body);
        Assert.Equal("chosen", stream.Header("x-routerd-decision"));
        StreamReply again = await _fleet.Client.StreamAsync(body);
        Assert.Equal(("cached", true, "The answer is 42, ünïcode."), (again.Header("x-routerd-decision"), again.Done, again.Content));
        Assert.Equal(stream.Pieces, again.Pieces);
        Assert.Equal(4, _fleet[0].Posts.Count);
    }

    [Fact]
    public async Task FailedAndTornAnswersAreNotKept()
    {
        JsonObject body = Chat.Body("m", "hi", ("temperature", 0));
        _fleet[0].Default = MockBehaviour.Error(500, "broken");
        Assert.Equal(502, (await _fleet.Client.AskAsync(body)).Status);
        _fleet[0].Default = MockBehaviour.Broken(MockFault.Cut, 2);
        Assert.NotNull((await _fleet.Client.StreamAsync(Chat.Body("m", "hi", ("temperature", 0)))).Error);
        _fleet[0].Default = MockBehaviour.Ok("whole");
        Assert.Equal("whole", (await AskUntilUsableAsync(body)).Content);
        StreamReply stream = await _fleet.Client.StreamAsync(Chat.Body("m", "hi", ("temperature", 0)));
        Assert.Equal(("chosen", "whole"), (stream.Header("x-routerd-decision"), stream.Content));
    }

    [Fact]
    public async Task AReloadSwitchesItOffAndOnAndBoundsIt()
    {
        JsonObject body = Chat.Body("m", "hi", ("temperature", 0));
        await TwiceAsync("cached", body);
        await ReloadAsync(On, "cache: { enabled: false }\n");
        Assert.Equal((0, 0), (await MetricAsync("entries"), await MetricAsync("bytes")));
        Assert.Equal("chosen", (await _fleet.Client.AskAsync(body)).Header("x-routerd-decision"));
        await ReloadAsync("cache: { enabled: false }\n", "cache: { enabled: true, max_bytes: 16KiB }\n");
        await TwiceAsync("cached", body);

        // An eighth of the cache is the most that one answer may take.
        _fleet[0].Default = new MockBehaviour { AnswerTokens = 2000 };
        await TwiceAsync("chosen", Chat.Body("m", "a long one", ("temperature", 0)));
        for (int i = 0; i < 60; i++)
        {
            _fleet[0].Default = MockBehaviour.Ok("short");
            await _fleet.Client.AskAsync(Chat.Body("m", $"one of many {i}", ("temperature", 0)));
        }

        Assert.InRange(await MetricAsync("bytes"), 8 * 1024, 16 * 1024);
        Assert.InRange(await MetricAsync("entries"), 5, 32);
    }

    private async Task ReloadAsync(string from, string to)
    {
        string file = Path.Combine(_fleet.Daemon.Home, "routerd.yaml");
        int before = Regex.Count(_fleet.Daemon.Log, "reloaded ");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace(from, to, StringComparison.Ordinal));
        _fleet.Daemon.Signal(DaemonProcess.SigHup);
        await Eventually.TrueAsync(() => Regex.Count(_fleet.Daemon.Log, "reloaded ") > before, TimeSpan.FromSeconds(10), () => _fleet.Daemon.Log);
    }

    private async Task TwiceAsync(string decision, JsonObject body, params (string Name, string Value)[] headers)
    {
        ChatReply first = await _fleet.Client.AskAsync(body, headers);
        Assert.Equal((200, "chosen"), (first.Status, first.Header("x-routerd-decision")));
        ChatReply second = await _fleet.Client.AskAsync(body, headers);
        Assert.Equal((200, decision), (second.Status, second.Header("x-routerd-decision")));
    }

    private async Task<ChatReply> AskUntilUsableAsync(JsonObject body)
    {
        ChatReply reply = await _fleet.Client.AskAsync(body);
        for (int i = 0; i < 50 && reply.Status != 200; i++)
        {
            await Task.Delay(100);
            reply = await _fleet.Client.AskAsync(body);
        }

        return reply;
    }

    private Task<double> MetricAsync(string name) => _fleet.Client.MetricAsync("routerd_cache_" + name);

    /// <summary>Without what is each request's own: its id and its times.</summary>
    private static string Plain(string body) => Own().Replace(body, "");

    [GeneratedRegex("""req_[0-9a-f]{32}|"created(_at)?":("[^"]*"|[0-9.]+)|"[a-z_]*duration":[0-9]+|"[a-z]+_ms":[0-9.]+""")]
    private static partial Regex Own();
}
