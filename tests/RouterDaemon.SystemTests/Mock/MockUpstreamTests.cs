using System.Diagnostics;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Mock;

/// <summary>The mock is a measuring instrument: what it claims to do, it must do.</summary>
public sealed class MockUpstreamTests : IAsyncDisposable
{
    private readonly MockUpstream _upstream = MockUpstream.Start();
    private readonly HttpClient _client;

    public MockUpstreamTests() => _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = _upstream.Url, Timeout = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task AnswersAChat()
    {
        _upstream.Default = MockBehaviour.Ok("Hello \"you\" – ünïcode") with { PromptTokens = 7, CachedTokens = 3 };
        ChatReply reply = await _client.AskAsync(Chat.Body("m", "hi"));
        Assert.Equal("Hello \"you\" – ünïcode", reply.Content);
        Assert.Equal(7, reply.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(3, reply.Json.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
    }

    [Theory]
    [InlineData(false, MockUsage.AsAsked, false)]
    [InlineData(true, MockUsage.AsAsked, true)]
    [InlineData(true, MockUsage.Never, false)]
    [InlineData(false, MockUsage.Always, true)]
    public async Task StreamsWithUsageAsScripted(bool asked, MockUsage usage, bool expected)
    {
        _upstream.Default = MockBehaviour.Ok("one two three") with { Usage = usage };
        StreamReply reply = await _client.StreamAsync(asked
            ? Chat.Body("m", "hi", ("stream_options", new System.Text.Json.Nodes.JsonObject { ["include_usage"] = true }))
            : Chat.Body("m", "hi"));
        Assert.Equal(["one", " two", " three"], reply.Pieces);
        Assert.True(reply.Done);
        Assert.Equal(expected, reply.Usage is not null);
    }

    [Fact]
    public async Task KeepsTheTokenRate()
    {
        _upstream.Default = new MockBehaviour { AnswerTokens = 21, TokensPerSecond = 50, FirstTokenMs = 50 };
        long start = Stopwatch.GetTimestamp();
        await _client.StreamAsync(Chat.Body("m", "hi"));
        double elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Assert.InRange(elapsed, 449, 900);
    }

    [Fact]
    public async Task StreamsReasoningAndToolCalls()
    {
        _upstream.Default = new MockBehaviour { Reasoning = "let me see", ToolName = "look_up", ToolArguments = "{\"a\":1}" };
        StreamReply reply = await _client.StreamAsync(Chat.Body("m", "hi"));
        string arguments = string.Concat(reply.Chunks.Where(c => c.GetProperty("choices")[0].GetProperty("delta").TryGetProperty("tool_calls", out _))
            .Select(c => c.GetProperty("choices")[0].GetProperty("delta").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString()));
        Assert.Equal("{\"a\":1}", arguments);
        Assert.Contains("let me see", reply.Raw);
        Assert.Equal("tool_calls", reply.FinishReason);
    }

    [Fact]
    public async Task ScriptModelRouteAndHeaderDecideInTheirOrder()
    {
        _upstream.Script = r => r.Model == "scripted" ? MockBehaviour.Ok("script") : null;
        _upstream.ByModel["named"] = MockBehaviour.Ok("by model");
        Assert.Equal("script", (await _client.AskAsync(Chat.Body("scripted", "hi"))).Content);
        Assert.Equal("by model", (await _client.AskAsync(Chat.Body("named", "hi"))).Content);
        Assert.Equal(429, (await _client.AskAsync(Chat.Body("mock:retry-after=3", "hi"))).Status);
        Assert.Equal("header", (await _client.AskAsync(Chat.Body("scripted", "hi"), ("x-mock", "answer=header"))).Content);
        ChatReply route = await _client.AskAsync("/b/status=503/v1/chat/completions", Chat.Json(Chat.Body("scripted", "hi")));
        Assert.Equal(503, route.Status);
        Assert.Equal("/v1/chat/completions", _upstream.Posts[^1].Path);
        Assert.Equal(400, (await _client.AskAsync(Chat.Body("mock:nonsense=1", "hi"))).Status);
    }

    [Fact]
    public async Task SendsErrorsOfTheRightForm()
    {
        _upstream.Default = MockBehaviour.RateLimited(7);
        ChatReply limited = await _client.AskAsync(Chat.Body("m", "hi"));
        Assert.Equal((429, "7", "rate_limit_exceeded"), (limited.Status, limited.Header("Retry-After"), limited.ErrorCode));

        _upstream.Default = MockBehaviour.LlmD(503, "ServiceUnavailable", "no endpoints", "rejected-no-endpoints");
        ChatReply cluster = await _client.AskAsync(Chat.Body("m", "hi"));
        Assert.Equal("inference error: ServiceUnavailable - no endpoints", cluster.Body);
        Assert.Equal("rejected-no-endpoints", cluster.Header("x-llm-d-request-dropped-reason"));
        Assert.Null(cluster.Header("Retry-After"));
    }

    [Theory]
    [InlineData(MockFault.Cut, true)]
    [InlineData(MockFault.Reset, true)]
    [InlineData(MockFault.ChunkTooShort, true)]
    [InlineData(MockFault.ChunkSizeGarbage, true)]
    [InlineData(MockFault.LengthTooLong, true)]
    [InlineData(MockFault.MissingDone, false)]
    [InlineData(MockFault.Garbage, false)]
    [InlineData(MockFault.ErrorBody, false)]
    public async Task TornStreamsLackTheirEnd(MockFault fault, bool breaks)
    {
        _upstream.Default = MockBehaviour.Ok("one two three") with { Fault = fault, FaultAt = 2 };
        StreamReply reply = await _client.StreamAsync(Chat.Body("m", "hi"));
        Assert.Equal(breaks, reply.Broke is not null);
        if (fault != MockFault.LengthTooLong)
            Assert.False(reply.Done);
        Assert.Contains("two", reply.Raw);
        if (fault is MockFault.Cut or MockFault.MissingDone)
            Assert.DoesNotContain("three", reply.Raw);
    }

    [Theory]
    [InlineData(MockFault.Cut)]
    [InlineData(MockFault.Reset)]
    [InlineData(MockFault.LengthTooLong)]
    [InlineData(MockFault.ChunkTooShort)]
    public async Task TornBodiesFail(MockFault fault)
    {
        foreach (int at in (int[])[MockBehaviour.BeforeContent, 1])
        {
            _upstream.Default = MockBehaviour.Broken(fault, at);
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => _client.AskAsync(Chat.Body("m", "hi")));
        }
    }

    [Fact]
    public async Task CompressesWithoutBeingAsked()
    {
        _upstream.Default = MockBehaviour.Ok("zipped") with { Fault = MockFault.Gzip };
        using HttpResponseMessage response = await _client.PostAsync(Chat.Path, Chat.Json(Chat.Body("m", "hi")));
        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        await using var plain = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using JsonDocument document = await JsonDocument.ParseAsync(plain);
        Assert.Equal("zipped", document.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    [Fact]
    public async Task SendsInvalidUtf8AndHugeEvents()
    {
        _upstream.Default = MockBehaviour.Broken(MockFault.HalfUtf8);
        byte[] bytes = await (await _client.PostAsync(Chat.Path, Chat.Json(Chat.Body("m", "hi")))).Content.ReadAsByteArrayAsync();
        Assert.Throws<DecoderFallbackException>(() => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes));

        _upstream.Default = MockBehaviour.Broken(MockFault.HugeEvent, 1);
        StreamReply reply = await _client.StreamAsync(Chat.Body("m", "hi"));
        Assert.Contains(reply.Pieces, p => p.Length > 1 << 20);
        Assert.True(reply.Done);
    }

    [Fact]
    public async Task CutsAfterExactlySoManyBytes()
    {
        _upstream.Default = new MockBehaviour { CutAfterBytes = 100 };
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", _upstream.Port);
        await socket.GetStream().WriteAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray());
        using var received = new MemoryStream();
        await socket.GetStream().CopyToAsync(received);
        Assert.Equal(100, received.Length);
    }

    [Fact]
    public async Task NoticesAClientThatGoesAway()
    {
        _upstream.Default = MockBehaviour.Broken(MockFault.Stall, 1);
        using var cancel = new CancellationTokenSource(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.StreamAsync(Chat.Body("m", "hi"), cancel.Token));
        long left = Stopwatch.GetTimestamp();
        MockRequest request = Assert.Single(_upstream.Posts);
        await request.ClientGone.WaitAsync(TimeSpan.FromSeconds(2));
        Assert.InRange(Stopwatch.GetElapsedTime(left, request.ClientGoneAt).TotalMilliseconds, -200, 500);
    }

    [Fact]
    public async Task RecordsRequestsAndReusesConnections()
    {
        for (int i = 0; i < 3; i++)
            await _client.AskAsync(Chat.Body("m", $"prompt {i}"), ("x-own", $"{i}"));
        Assert.Equal(3, _upstream.Posts.Count);
        Assert.Single(_upstream.Posts.Select(r => r.ConnectionId).Distinct());
        Assert.Equal("2", _upstream.Posts[2].Header("X-Own"));
        Assert.Contains("prompt 1", _upstream.Posts[1].BodyText);
        Assert.Equal("m", _upstream.Posts[0].Model);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _upstream.DisposeAsync();
    }
}
