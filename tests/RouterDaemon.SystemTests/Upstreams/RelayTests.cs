using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Upstreams;

/// <summary>What crosses the relay, and what must not.</summary>
public sealed class RelayTests : IClassFixture<PoolDaemon>
{
    private readonly PoolDaemon _pool;

    public RelayTests(PoolDaemon pool)
    {
        _pool = pool;
        pool.Reset();
    }

    [Fact]
    public async Task BodyBytesGoThroughButTheModelName()
    {
        const string Body = """{"temperature" : 0.1250,  "model":"m/b0","unknown_param":{"a":[1,2,{"b":null}]},"messages":[{"role":"user","content":"caf\u00e9 \ud83d\ude00 ü"}],"seed":12345678901234}""";
        ChatReply reply = await _pool.Client.AskAsync(Chat.Path, Chat.Json(Body));
        Assert.True(reply.Status == 200, reply + _pool.Daemon.Log);
        Assert.Equal(Body.Replace("m/b0", "up-0", StringComparison.Ordinal), Assert.Single(_pool.Upstreams[0].Posts).BodyText);
    }

    [Fact]
    public async Task RoutingHintsAreRemovedFromTheBody()
    {
        JsonObject body = Chat.Body("m/b0", "hi", ("route", new JsonObject { ["preset"] = "batch" }), ("fallbacks", new JsonArray("m/b1")));
        ChatReply reply = await _pool.Client.AskAsync(body, ("x-routerd-session", "s1"), ("x-routerd-deadline-ms", "5000"));
        Assert.True(reply.Status == 200, reply.ToString());
        MockRequest seen = Assert.Single(_pool.Upstreams[0].Posts);
        JsonElement sent = Chat.Parse(seen.BodyText);
        Assert.False(sent.TryGetProperty("route", out _));
        Assert.False(sent.TryGetProperty("fallbacks", out _));
        Assert.DoesNotContain(seen.Headers, h => h.Key.StartsWith("x-routerd", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task TheClientsCredentialsStayHere()
    {
        await _pool.Client.AskAsync(Chat.Body("m/b0", "hi"), ("Authorization", "Bearer client-key"), ("x-api-key", "client-key"), ("Cookie", "session=client-key"), ("Proxy-Authorization", "Basic client-key"), ("x-private-thing", "client-key"));
        MockRequest seen = Assert.Single(_pool.Upstreams[0].Posts);
        Assert.Equal($"Bearer {PoolDaemon.Key}", seen.Header("Authorization"));
        Assert.DoesNotContain(seen.Headers, h => h.Value.Contains("client-key", StringComparison.Ordinal));
        Assert.DoesNotContain("client-key", seen.BodyText);
        Assert.DoesNotContain(seen.Headers, h => h.Key.Contains('_'));
    }

    [Fact]
    public async Task UpstreamHeadersCrossByAllowListOnly()
    {
        _pool.Upstreams[0].Default = new MockBehaviour { Headers = ["Set-Cookie: a=b", "Server: secret/1.0", "x-internal-host: node7", "Access-Control-Allow-Origin: *"] };
        ChatReply reply = await _pool.Client.AskAsync(Chat.Body("m/b0", "hi"));
        Assert.Equal(200, reply.Status);
        foreach (string name in (string[])["Set-Cookie", "x-internal-host", "Access-Control-Allow-Origin"])
            Assert.Null(reply.Header(name));
        Assert.DoesNotContain("secret", reply.Header("Server") ?? "");
    }

    [Fact]
    public async Task RedirectsAreNotFollowed()
    {
        _pool.Upstreams[0].Default = MockBehaviour.Error(307, "moved") with { Headers = [$"Location: {_pool.Upstreams[1].Url}v1/chat/completions"] };
        ChatReply reply = await _pool.Client.AskAsync(Chat.Body("m/b0", "hi"));
        Assert.True(reply.Status is 502 or 503, reply.ToString());
        Assert.Empty(_pool.Upstreams[1].Posts);
        Assert.Null(reply.Header("Location"));
    }

    [Fact]
    public async Task AStreamArrivesChunkByChunkAsItIsSent()
    {
        _pool.Upstreams[0].Default = MockBehaviour.Ok("one two three four five") with { TokensPerSecond = 10 };
        StreamReply reply = await _pool.Client.StreamAsync(Chat.Body("m/b0", "hi"));
        Assert.Equal(["one", " two", " three", " four", " five"], reply.Pieces);
        Assert.True(reply.Done);
        Assert.True(reply.Duration > TimeSpan.FromMilliseconds(300), $"the head came with the end: {reply.Duration}");
        Assert.Equal("m/b0", reply.Header("x-routerd-deployment"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UsageIsPassedOnlyToClientsThatAsk(bool asked)
    {
        _pool.Upstreams[0].Default = MockBehaviour.Ok("one two") with { PromptTokens = 11 };
        StreamReply reply = await _pool.Client.StreamAsync(asked
            ? Chat.Body("m/b0", "hi", ("stream_options", new JsonObject { ["include_usage"] = true }))
            : Chat.Body("m/b0", "hi"));
        Assert.True(reply.Done);
        Assert.Equal(asked ? 11 : null, reply.Usage?.GetProperty("prompt_tokens").GetInt32());
        Assert.True(_pool.Upstreams[0].Posts[0].IncludeUsage, "billing needs the usage of every stream");
        if (!asked)
            Assert.DoesNotContain(reply.Chunks, c => c.GetProperty("choices").GetArrayLength() == 0);
    }

    [Fact]
    public async Task ToolCallsAndReasoningPassThrough()
    {
        _pool.Upstreams[0].Default = new MockBehaviour { ToolName = "look_up", ToolArguments = "{\"a\":1}", Reasoning = "thinking" };
        StreamReply reply = await _pool.Client.StreamAsync(Chat.Body("m/b0", "hi"));
        Assert.Contains("look_up", reply.Raw);
        Assert.Contains("thinking", reply.Raw);
        Assert.Equal("tool_calls", reply.FinishReason);
        Assert.True(reply.Done);
    }

    [Fact]
    public async Task RequestsSpreadOverThePool()
    {
        // A pool of its own: what other tests taught the shared one would weigh in.
        await using var pool = new PoolDaemon();
        await pool.InitializeAsync();
        foreach (MockUpstream upstream in pool.Upstreams)
            upstream.Default = new MockBehaviour { LatencyMs = 100 };
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => pool.Client.AskAsync(Chat.Body("pool", "hi"))));
        Assert.Equal(30, pool.Upstreams.Sum(u => u.Posts.Count));
        Assert.All(pool.Upstreams, u => Assert.NotEmpty(u.Posts));
    }

    [Fact]
    public async Task UpstreamConnectionsAreReused()
    {
        for (int i = 0; i < 20; i++)
            Assert.Equal(200, (await _pool.Client.AskAsync(Chat.Body("m/b0", "hi"))).Status);
        Assert.InRange(_pool.Upstreams[0].Posts.Select(r => r.ConnectionId).Distinct().Count(), 1, 3);
    }

    [Fact]
    public async Task AClientErrorOfTheUpstreamIsPassedOnAndNotRetried()
    {
        _pool.Upstreams[0].Default = MockBehaviour.Error(400, "temperature must be below 2", "invalid_request_error", "bad_temperature");
        ChatReply reply = await _pool.Client.AskAsync(Chat.Body("m/b0", "hi", ("fallbacks", new JsonArray("m/b1"))));
        Assert.Equal((400, "temperature must be below 2"), (reply.Status, reply.ErrorMessage));
        Assert.Single(_pool.Upstreams[0].Posts);
        Assert.Empty(_pool.Upstreams[1].Posts);
    }
}
