using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Serving;

/// <summary>The main job with no configuration: the bundled model answers.</summary>
public sealed class BundledModelTests(BundledModelDaemon fixture) : IClassFixture<BundledModelDaemon>
{
    private const string Question = "What is RouterDaemon?";
    private const string Answer = "RouterDaemon is an OpenAI-compatible inference router. It sends each request to the best backend: a local llama.cpp model, a remote llm-d cluster or an external provider.";

    private readonly HttpClient _client = fixture.Client;

    [Fact]
    public async Task AutoAnswersWithCorrectUsage()
    {
        ChatReply reply = await _client.AskAsync(Chat.Body("auto", Question, ("temperature", 0)));
        Assert.True(reply.Status == 200, reply + fixture.Daemon.Log);
        Assert.Equal(Answer, reply.Content);
        Assert.Equal("stop", reply.FinishReason);
        Assert.Equal("chat.completion", reply.Json.GetProperty("object").GetString());
        JsonElement usage = reply.Json.GetProperty("usage");
        (int prompt, int completion) = (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32());
        Assert.Equal(prompt + completion, usage.GetProperty("total_tokens").GetInt32());
        await AssertTokenCountsAsync(prompt, completion);
    }

    [Fact]
    public async Task AStreamHasOneChunkPerTokenUsageAndDone()
    {
        StreamReply reply = await _client.StreamAsync(Chat.Body("auto", Question, ("temperature", 0), ("stream_options", new JsonObject { ["include_usage"] = true })));
        Assert.Equal(200, reply.Status);
        Assert.StartsWith("text/event-stream", reply.Header("Content-Type"));
        Assert.Equal(Answer, reply.Content);
        Assert.True(reply.Done);
        Assert.Equal("stop", reply.FinishReason);
        JsonElement last = reply.Chunks.Last();
        Assert.Equal(0, last.GetProperty("choices").GetArrayLength());
        int completion = reply.Usage!.Value.GetProperty("completion_tokens").GetInt32();
        Assert.InRange(reply.Pieces.Count(), completion * 2 / 3, completion);
        Assert.Single(reply.Chunks.Select(c => c.GetProperty("id").GetString()).Distinct());
        Assert.All(reply.Chunks, c => Assert.Equal("chat.completion.chunk", c.GetProperty("object").GetString()));
    }

    [Fact]
    public async Task AStreamWithoutAskingHasNoUsage()
    {
        StreamReply reply = await _client.StreamAsync(Chat.Body("tiny", "Ping", ("temperature", 0)));
        Assert.Equal("Pong! I am here and working.", reply.Content);
        Assert.DoesNotContain(reply.Chunks, c => c.TryGetProperty("usage", out JsonElement u) && u.ValueKind != JsonValueKind.Null);
        Assert.True(reply.Done);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("tiny")]
    [InlineData("tiny/local")]
    [InlineData("local/tiny")]
    [InlineData("tiny:fast")]
    public async Task NamesResolve(string model)
    {
        ChatReply reply = await _client.AskAsync(Chat.Body(model, "2+2", ("temperature", 0)));
        Assert.True(reply.Status == 200, reply.ToString());
        Assert.Equal("2 + 2 = 4.", reply.Content);
        Assert.Equal("tiny/local", reply.Header("x-routerd-deployment"));
    }

    [Fact]
    public async Task EveryCompletionCarriesTheRouterHeaders()
    {
        ChatReply whole = await _client.AskAsync(Chat.Body("auto", "Ping", ("max_tokens", 4)));
        StreamReply stream = await _client.StreamAsync(Chat.Body("auto", "Ping", ("max_tokens", 4)));
        foreach (Dictionary<string, string> headers in (Dictionary<string, string>[])[whole.Headers, stream.Headers])
        {
            Assert.NotEmpty(headers["x-request-id"]);
            Assert.Equal("tiny/local", headers["x-routerd-deployment"]);
            Assert.Equal("chosen", headers["x-routerd-decision"]);
            Assert.NotEmpty(headers["x-routerd-reason"]);
            Assert.Equal("1", headers["x-routerd-attempts"]);
        }
    }

    [Fact]
    public async Task TextCompletionsWork()
    {
        ChatReply reply = await _client.AskAsync("/v1/completions", Chat.Json("""{"model":"tiny","prompt":"Count to 10.","max_tokens":5,"temperature":0}"""));
        Assert.True(reply.Status == 200, reply.ToString());
        Assert.Equal("text_completion", reply.Json.GetProperty("object").GetString());
        Assert.Equal(JsonValueKind.String, reply.Json.GetProperty("choices")[0].GetProperty("text").ValueKind);
        Assert.InRange(reply.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), 0, 5);
    }

    [Fact]
    public async Task MaxTokensEndsWithLength()
    {
        ChatReply reply = await _client.AskAsync(Chat.Body("tiny", "Tell me a story about a dragon.", ("temperature", 0), ("max_tokens", 7)));
        Assert.Equal("length", reply.FinishReason);
        Assert.Equal(7, reply.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task StopStringsEndTheAnswerAndStayOut()
    {
        ChatReply reply = await _client.AskAsync(Chat.Body("tiny", "Count to 10.", ("temperature", 0), ("stop", new JsonArray(", 5"))));
        Assert.Equal("1, 2, 3, 4", reply.Content);
        Assert.Equal("stop", reply.FinishReason);
    }

    [Fact]
    public async Task ModelsAreListed()
    {
        JsonElement list = Chat.Parse(await _client.GetStringAsync("/v1/models"));
        Assert.Equal("list", list.GetProperty("object").GetString());
        string[] ids = list.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!).ToArray();
        Assert.Contains("auto", ids);
        Assert.Contains("tiny/local", ids);
        Assert.All(list.GetProperty("data").EnumerateArray(), m => Assert.Equal("model", m.GetProperty("object").GetString()));
        foreach (string path in (string[])["/v1/models/tiny/local", "/v1/models/tiny%2Flocal"])
            Assert.Equal("tiny/local", Chat.Parse(await _client.GetStringAsync(path)).GetProperty("id").GetString());
        using HttpResponseMessage missing = await _client.GetAsync("/v1/models/no-such");
        Assert.Equal(404, (int)missing.StatusCode);
    }

    [Fact]
    public async Task HealthAnswers()
    {
        Assert.True((await _client.GetAsync("/health/live")).IsSuccessStatusCode);
        Assert.True((await _client.GetAsync("/health/ready")).IsSuccessStatusCode);
    }

    [Fact]
    public async Task AModelDroppedIntoTheFolderIsServed()
    {
        string source = Path.Combine(DaemonBinary.RepositoryRoot, "models", "routerd-tiny-1m.gguf");
        string folder = Path.Combine(fixture.Daemon.Home, "models");
        Directory.CreateDirectory(folder);
        File.Copy(source, Path.Combine(folder, "dropped-F16.gguf.part"), overwrite: true);
        File.Move(Path.Combine(folder, "dropped-F16.gguf.part"), Path.Combine(folder, "dropped-F16.gguf"), overwrite: true);
        ChatReply? reply = null;
        for (int i = 0; i < 50 && reply is not { Status: 200 }; i++)
        {
            await Task.Delay(200);
            reply = await _client.AskAsync(Chat.Body("dropped", "2+2", ("temperature", 0)));
        }

        Assert.True(reply!.Status == 200, reply + fixture.Daemon.Log);
        Assert.Equal("2 + 2 = 4.", reply.Content);
        File.Delete(Path.Combine(folder, "dropped-F16.gguf"));
        await Eventually.TrueAsync(
            async () => (await _client.AskAsync(Chat.Body("dropped", "2+2"))).Status == 404, TimeSpan.FromSeconds(10), () => "the file went, its model stays");
    }

    /// <summary>Counts that the model's own tokenizer gives: asking for exactly so many answer tokens must not end early, one fewer must.</summary>
    private async Task AssertTokenCountsAsync(int prompt, int completion)
    {
        ChatReply shorter = await _client.AskAsync(Chat.Body("auto", Question, ("temperature", 0), ("max_tokens", completion - 2)));
        Assert.Equal("length", shorter.FinishReason);
        Assert.Equal(completion - 2, shorter.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal(prompt, shorter.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
        ChatReply longer = await _client.AskAsync(Chat.Body("auto", Question, ("temperature", 0), ("max_tokens", completion + 1)));
        Assert.Equal("stop", longer.FinishReason);
        Assert.InRange(prompt, 10, 30);
        Assert.InRange(completion, 30, 60);
    }
}
