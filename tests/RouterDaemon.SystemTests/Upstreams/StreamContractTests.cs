using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Upstreams;

/// <summary>After the first content nothing is pretended: a broken stream ends with an error event and no [DONE].</summary>
public sealed class StreamContractTests : IClassFixture<PoolDaemon>
{
    private readonly PoolDaemon _pool;

    public StreamContractTests(PoolDaemon pool)
    {
        _pool = pool;
        pool.Reset();
    }

    [Theory]
    [InlineData(MockFault.Cut)]
    [InlineData(MockFault.Reset)]
    [InlineData(MockFault.Stall)]
    [InlineData(MockFault.Garbage)]
    [InlineData(MockFault.MissingDone)]
    [InlineData(MockFault.ErrorBody)]
    [InlineData(MockFault.ChunkTooShort)]
    [InlineData(MockFault.ChunkSizeGarbage)]
    public async Task ATornStreamEndsWithAnErrorEvent(MockFault fault)
    {
        (string model, MockUpstream upstream) = _pool.Fresh();
        upstream.Default = MockBehaviour.Ok("one two three four") with { Fault = fault, FaultAt = 2, TokensPerSecond = 50 };
        StreamReply reply = await _pool.Client.StreamAsync(Chat.Body(model, "hi"));
        Assert.Equal(200, reply.Status);
        Assert.True(reply.Error is not null, reply + _pool.Daemon.Log);
        Assert.NotEmpty(reply.Error!.Value.GetProperty("message").GetString()!);
        Assert.False(reply.Done, reply.Raw);
        Assert.Equal("one two", string.Concat(reply.Events.Where(e => !e.Contains("\"error\"", StringComparison.Ordinal)).Select(e => Chat.Parse(e).GetProperty("choices")[0].GetProperty("delta").TryGetProperty("content", out System.Text.Json.JsonElement c) ? c.GetString() : "")));
        Assert.Empty(_pool.Upstreams[1].Posts);
        ChatReply other = await _pool.Client.AskAsync(Chat.Body("m/b1", "hi"));
        Assert.Equal(200, other.Status);
    }

    [Fact]
    public async Task HalfACharacterNeverReachesTheClient()
    {
        (string model, MockUpstream upstream) = _pool.Fresh();
        upstream.Default = MockBehaviour.Ok("one two three") with { Fault = MockFault.HalfUtf8, FaultAt = 1 };
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat.Path);
        System.Text.Json.Nodes.JsonObject body = Chat.Body(model, "hi", ("stream", true));
        request.Content = Chat.Json(body);
        using HttpResponseMessage response = await _pool.Client.SendAsync(request);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync();
        string text = new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        Assert.Contains("\"error\"", text);
        Assert.DoesNotContain("[DONE]", text);
    }

    [Fact]
    public async Task ACharacterInTwoPacketsIsWhole()
    {
        (string model, MockUpstream upstream) = _pool.Fresh();
        upstream.Default = MockBehaviour.Ok("one two") with { Fault = MockFault.SplitUtf8, FaultAt = 1 };
        StreamReply reply = await _pool.Client.StreamAsync(Chat.Body(model, "hi"));
        Assert.True(reply is { Done: true, Content: "one€ two" }, reply.ToString());
    }

    [Fact]
    public async Task AHugeEventIsRelayedOrRefusedButNeverHeldForever()
    {
        (string model, MockUpstream upstream) = _pool.Fresh();
        upstream.Default = MockBehaviour.Ok("one two") with { Fault = MockFault.HugeEvent, FaultAt = 1 };
        StreamReply reply = await _pool.Client.StreamAsync(Chat.Body(model, "hi"));
        if (reply.Done)
            Assert.True(reply.Content.Length > 1 << 20);
        else
            Assert.NotNull(reply.Error);
    }

    [Fact]
    public async Task AnUnaskedCompressionIsAnUpstreamErrorOrUndone()
    {
        (string model, MockUpstream upstream) = _pool.Fresh();
        upstream.Default = MockBehaviour.Ok("zipped") with { Fault = MockFault.Gzip };
        ChatReply reply = await _pool.Client.AskAsync(Chat.Body(model, "hi"));
        Assert.True(reply.Status == 502 || (reply.Status == 200 && reply.Content == "zipped"), reply.ToString());
        Assert.Null(reply.Header("Content-Encoding"));
    }

    [Theory]
    [InlineData("fault=cut,at=1")]
    [InlineData("fault=reset,at=1")]
    [InlineData("fault=garbage,at=1")]
    [InlineData("fault=error-body")]
    [InlineData("fault=half-utf8")]
    [InlineData("fault=length-too-long,at=1")]
    [InlineData("fault=chunk-too-short,at=1")]
    [InlineData("fault=chunk-size-garbage,at=1")]
    public async Task ATornBodyIsA502(string spec)
    {
        (string model, MockUpstream upstream) = _pool.Fresh();
        upstream.Default = MockSpec.Parse(spec);
        ChatReply reply = await _pool.Client.AskAsync(Chat.Body(model, "hi"));
        Assert.True(reply.Status is 502 or 503, reply + _pool.Daemon.Log);
        Assert.NotEmpty(reply.ErrorMessage);
    }

    [Fact]
    public async Task SurplusBytesOfOneAnswerAreNotTheNext()
    {
        (string model, MockUpstream upstream) = _pool.Fresh();
        upstream.Default = MockBehaviour.Broken(MockFault.LengthTooShort, 1);
        await _pool.Client.AskAsync(Chat.Body(model, "hi"));
        upstream.Default = MockBehaviour.Ok("the next answer");
        for (int i = 0; i < 3; i++)
        {
            ChatReply reply = await _pool.Client.AskAsync(Chat.Body(model, "hi", ("fallbacks", new System.Text.Json.Nodes.JsonArray("m/b1"))));
            Assert.True(reply.Status == 200, reply.ToString());
            Assert.True(reply.Content is "the next answer" or "The mock upstream answers.", reply.ToString());
        }
    }
}
