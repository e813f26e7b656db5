using System.Text;
using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Refusals;

/// <summary>Each fault of a request gets one clear error of the right status, and the daemon lives on.</summary>
public sealed class BadInputTests(BundledModelDaemon fixture) : IClassFixture<BundledModelDaemon>, IAsyncLifetime
{
    private readonly HttpClient _client = fixture.Client;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>After every refusal the next request is served.</summary>
    public async ValueTask DisposeAsync()
    {
        Assert.False(fixture.Daemon.HasExited, fixture.Daemon.Log);
        ChatReply alive = await _client.AskAsync(Chat.Body("tiny", "2+2", ("temperature", 0)));
        Assert.Equal("2 + 2 = 4.", alive.Content);
    }

    [Theory]
    [InlineData("{\"model\":\"auto\",\"messages\":[}", 28)]
    [InlineData("{\"model\":\"auto\" \"messages\":[]}", 16)]
    [InlineData("{\"model\":\"auto\",", 16)]
    [InlineData("", 0)]
    [InlineData("not json", 0)]
    public async Task MalformedJsonNamesTheOffset(string body, int offset)
    {
        ChatReply reply = await _client.AskAsync(Chat.Path, Chat.Json(body));
        AssertError(reply, 400, "invalid_request_error");
        // At the end of a body that stops early, and inside a broken word, the byte before is as right an answer.
        int named = int.Parse(System.Text.RegularExpressions.Regex.Match(reply.ErrorMessage, @"byte (\d+)").Groups[1].Value);
        Assert.InRange(named, offset - 1, offset + 1);
    }

    [Theory]
    [InlineData("""{"model":5,"messages":[{"role":"user","content":"hi"}]}""", "model")]
    [InlineData("""{"model":"tiny","messages":"hi"}""", "messages")]
    [InlineData("""{"model":"tiny","messages":{}}""", "messages")]
    [InlineData("""{"model":"tiny","stream":"yes","messages":[{"role":"user","content":"hi"}]}""", "stream")]
    [InlineData("""{"model":"tiny","max_tokens":-1,"messages":[{"role":"user","content":"hi"}]}""", "max_tokens")]
    [InlineData("""{"model":"tiny","max_tokens":1.5,"messages":[{"role":"user","content":"hi"}]}""", "max_tokens")]
    [InlineData("""{"model":"tiny","max_tokens":"7","messages":[{"role":"user","content":"hi"}]}""", "max_tokens")]
    [InlineData("""{"model":"tiny","temperature":"hot","messages":[{"role":"user","content":"hi"}]}""", "temperature")]
    [InlineData("""{"model":"tiny","messages":[]}""", "messages")]
    [InlineData("""{"model":"tiny"}""", "messages")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}]}""", "model")]
    [InlineData("""{"model":"tiny","model":"tiny","messages":[{"role":"user","content":"hi"}]}""", "model")]
    [InlineData("""{"model":"tiny","stream":true,"stream":false,"messages":[{"role":"user","content":"hi"}]}""", "stream")]
    [InlineData("""{"model":"tiny","messages":[{"role":"user","content":7}]}""", "messages")]
    [InlineData("""{"model":"tiny","messages":[{"content":"hi"}]}""", "messages")]
    public async Task AWrongParameterIsNamed(string body, string param)
    {
        ChatReply reply = await _client.AskAsync(Chat.Path, Chat.Json(body));
        AssertError(reply, 400, "invalid_request_error");
        Assert.StartsWith(param, reply.Error.GetProperty("param").GetString());
        Assert.Contains(param, reply.ErrorMessage);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("null")]
    public async Task ABodyThatIsNoObjectIsRefused(string body) => AssertError(await _client.AskAsync(Chat.Path, Chat.Json(body)), 400, "invalid_request_error");

    [Fact]
    public async Task UnknownModelsAre404WithCloseMatches()
    {
        ChatReply reply = await _client.AskAsync(Chat.Body("tinny", "hi"));
        AssertError(reply, 404, "invalid_request_error");
        Assert.Equal("model_not_found", reply.ErrorCode);
        Assert.Contains("tinny", reply.ErrorMessage);
        Assert.Contains("tiny", reply.ErrorMessage.Replace("tinny", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APromptLongerThanTheContextIs400()
    {
        ChatReply reply = await _client.AskAsync(Chat.Body("tiny", string.Concat(Enumerable.Repeat("The quick brown fox. ", 1000))));
        AssertError(reply, 400, "invalid_request_error");
        Assert.Equal("context_length_exceeded", reply.ErrorCode);
        Assert.Contains("1024", reply.ErrorMessage);
    }

    [Fact]
    public async Task BodiesAreLimitedTo32MiB()
    {
        ChatReply over = await _client.AskAsync(Chat.Path, Chat.Json(BodyOf(40 << 20)));
        Assert.Equal(413, over.Status);
        ChatReply justOver = await _client.AskAsync(Chat.Path, Chat.Json(BodyOf((32 << 20) + 1)));
        Assert.Equal(413, justOver.Status);
        ChatReply at = await _client.AskAsync(Chat.Path, Chat.Json(BodyOf(32 << 20)));
        Assert.Equal(400, at.Status);
        Assert.Equal("context_length_exceeded", at.ErrorCode);
    }

    [Fact]
    public async Task AChunkedBodyOverTheLimitIs413()
    {
        HttpContent content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(BodyOf(40 << 20))));
        content.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat.Path) { Content = content };
        request.Headers.TransferEncodingChunked = true;
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(request);
            Assert.Equal(413, (int)response.StatusCode);
        }
        catch (HttpRequestException)
        {
            // The daemon answered and closed while the body was still being sent; it must not have read it all.
        }
    }

    [Fact]
    public async Task DeepNestingIsRefused()
    {
        string deep = $$"""{"model":"tiny","messages":{{new string('[', 5000)}}{{new string(']', 5000)}}}""";
        AssertError(await _client.AskAsync(Chat.Path, Chat.Json(deep)), 400, "invalid_request_error");
    }

    [Fact]
    public async Task WrongMethodsAndPathsAreErrorsOfTheDialect()
    {
        using HttpResponseMessage get = await _client.GetAsync(Chat.Path);
        Assert.Equal(405, (int)get.StatusCode);
        ChatReply path = await _client.AskAsync("/v1/no/such/route", Chat.Json("{}"));
        AssertError(path, 404, "invalid_request_error");
    }

    [Fact]
    public async Task InvalidUtf8InAPromptIsRefusedWithoutHarm()
    {
        byte[] body = [.. """{"model":"tiny","messages":[{"role":"user","content":" """u8[..^1], 0xC3, 0x28, .. "\"}]}"u8];
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        ChatReply reply = await _client.AskAsync(Chat.Path, content);
        AssertError(reply, 400, "invalid_request_error");
    }

    [Fact]
    public async Task AStreamedRequestGetsItsErrorAsAStatus()
    {
        StreamReply reply = await _client.StreamAsync(Chat.Body("no-such", "hi"));
        Assert.Equal(404, reply.Status);
        Assert.StartsWith("application/json", reply.Header("Content-Type"));
        StreamReply tooLong = await _client.StreamAsync(Chat.Body("tiny", string.Concat(Enumerable.Repeat("fox ", 4000))));
        Assert.Equal(400, tooLong.Status);
    }

    [Fact]
    public async Task UnknownParametersAreNotErrors()
    {
        ChatReply reply = await _client.AskAsync(Chat.Body("tiny", "2+2", ("temperature", 0), ("some_new_thing", new JsonObject())));
        Assert.Equal(200, reply.Status);
    }

    private static string BodyOf(int bytes)
    {
        const string Head = """{"model":"tiny","messages":[{"role":"user","content":" """;
        const string Tail = "\"}]}";
        return Head + new string('x', bytes - Head.Length - Tail.Length) + Tail;
    }

    private static void AssertError(ChatReply reply, int status, string type)
    {
        Assert.True(reply.Status == status, reply.ToString());
        Assert.Equal(type, reply.Error.GetProperty("type").GetString());
        Assert.NotEmpty(reply.ErrorMessage);
        Assert.True(reply.Error.TryGetProperty("param", out _) && reply.Error.TryGetProperty("code", out _), reply.Body);
        Assert.DoesNotContain("   at ", reply.Body);
        Assert.StartsWith("application/json", reply.Header("Content-Type"));
    }
}
