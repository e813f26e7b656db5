using System.Text.Json.Nodes;
using RouterDaemon.Backends;
using RouterDaemon.Http;
using RouterDaemon.Relay;
using RouterDaemon.Relay.Translation.Ollama;
using Xunit;

namespace RouterDaemon.Tests.Relay.Translation;

/// <summary>Ollama's clients in front of backends that speak OpenAI's chat. Bodies and lines are written after Ollama's docs/api.md.</summary>
public sealed class OllamaClientTests
{
    private readonly List<(string Model, OllamaCall Kind, bool Unload)> _loads = [];

    [Fact]
    public async Task AChatWithEverythingIsTranslated()
    {
        var chat = await Bench.TranslateAsync(Client(OllamaCall.Chat), """
            {"model":"m:latest","think":"high","keep_alive":"5m","format":{"type":"object"},
             "options":{"num_predict":64,"temperature":0.1,"top_k":20,"seed":7,"stop":["a"],"num_ctx":8192,"repeat_penalty":1.1},
             "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
             "messages":[{"role":"system","content":"s"},{"role":"user","content":"look","images":["/9j/abc","iVBORw0"]},
              {"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}},{"function":{"name":"g","arguments":{}}}]},
              {"role":"tool","tool_name":"g","content":"rg"},{"role":"tool","content":"rf"}]}
            """);
        var expected = JsonNode.Parse("""
            {"model":"m","stream":true,"stream_options":{"include_usage":true},"reasoning_effort":"high",
             "response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":{"type":"object"}}},
             "max_tokens":64,"temperature":0.1,"top_k":20,"seed":7,"stop":["a"],"repeat_penalty":1.1,
             "messages":[{"role":"system","content":"s"},
              {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,/9j/abc"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0"}}]},
              {"role":"assistant","content":"","tool_calls":[{"id":"call_0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"call_1","type":"function","function":{"name":"g","arguments":"{}"}}]},
              {"role":"tool","tool_call_id":"call_1","content":"rg"},{"role":"tool","tool_call_id":"call_0","content":"rf"}],
             "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}
            """);
        Assert.True(JsonNode.DeepEquals(expected, chat), chat.ToJsonString());
    }

    [Theory]
    [InlineData("""{"model":"m","prompt":"p","system":"s","stream":false}""", nameof(Operation.Chat), """{"model":"m","stream":false,"messages":[{"role":"system","content":"s"},{"role":"user","content":"p"}]}""")]
    [InlineData("""{"model":"m","prompt":"p","raw":true,"stream":false}""", nameof(Operation.Completion), """{"model":"m","stream":false,"prompt":"p"}""")]
    [InlineData("""{"model":"m","prompt":"p","suffix":"x","stream":false}""", nameof(Operation.Completion), """{"model":"m","stream":false,"prompt":"p","suffix":"x"}""")]
    [InlineData("""{"model":"m","prompt":"p","format":"json","stream":false,"options":{"num_predict":-1}}""", nameof(Operation.Chat), """{"model":"m","stream":false,"response_format":{"type":"json_object"},"messages":[{"role":"user","content":"p"}]}""")]
    public async Task GenerateIsAChatOrACompletion(string body, string operation, string expected)
    {
        using var call = await Bench.CallAsync(Client(OllamaCall.Generate), body);
        Assert.Equal(operation, call.Operation.ToString());
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(call.Body.Span)), System.Text.Encoding.UTF8.GetString(call.Body.Span));
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[]}""", nameof(OllamaCall.Chat), false)]
    [InlineData("""{"model":"m","messages":[],"keep_alive":0}""", nameof(OllamaCall.Chat), true)]
    [InlineData("""{"model":"m"}""", nameof(OllamaCall.Generate), false)]
    [InlineData("""{"model":"m","prompt":"","keep_alive":"0s"}""", nameof(OllamaCall.Generate), true)]
    public async Task NothingToSayLoadsOrUnloads(string body, string endpoint, bool unload)
    {
        var kind = Enum.Parse<OllamaCall>(endpoint);
        await Assert.ThrowsAnyAsync<Exception>(() => Bench.CallAsync(Client(kind), body));
        Assert.Equal(("m", kind, unload), Assert.Single(_loads));
    }

    [Theory]
    [InlineData(nameof(OllamaCall.Generate), """{"model":"m","prompt":"p","context":[1,2]}""", 422, "context")]
    [InlineData(nameof(OllamaCall.Generate), """{"model":"m","prompt":"p","options":{"mirostat":1}}""", 422, "options.mirostat")]
    [InlineData(nameof(OllamaCall.Chat), """{"model":"m","messages":[{"role":"tool","content":"x"}]}""", 400, "messages[0]")]
    [InlineData(nameof(OllamaCall.Chat), """{"model":"m","messages":[{"content":"x"}]}""", 400, "messages[0].role")]
    [InlineData(nameof(OllamaCall.Chat), """{"model":"m","messages":[{"role":"user","content":"x"}],"format":"xml"}""", 400, "format")]
    public async Task FaultsNameTheirField(string endpoint, string body, int status, string field)
    {
        var e = await Assert.ThrowsAsync<ApiException>(() => Bench.CallAsync(Client(Enum.Parse<OllamaCall>(endpoint)), body));
        Assert.Equal((status, field), (e.Error.Status, e.Error.Param));
    }

    [Fact]
    public async Task AStreamBecomesLines()
    {
        var stream = Bench.Chunks(
        [
            """{"role":"assistant","content":""}""", """{"reasoning_content":"hm"}""", """{"content":"a\n"}""", """{"content":"b"}""",
            """{"tool_calls":[{"index":0,"id":"t1","function":{"name":"f","arguments":"{\"x\""}}]}""", """{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}""",
            .. Bench.Finish("tool_calls"),
        ]);
        var expected = new[]
        {
            """{"role":"assistant","content":"","thinking":"hm"}""",
            """{"role":"assistant","content":"a\n"}""",
            """{"role":"assistant","content":"b"}""",
            """{"role":"assistant","content":"","tool_calls":[{"id":"t1","function":{"index":0,"name":"f","arguments":{"x":1}}}]}""",
            """{"role":"assistant","content":""}""",
        };
        for (var seed = 0; seed < 30; seed++)
        {
            using var call = await Bench.CallAsync(Client(OllamaCall.Chat), """{"model":"m","messages":[{"role":"user","content":"hi"}]}""");
            var lines = Bench.Stream(call, stream, new Random(seed)).TrimEnd('\n').Split('\n').Select(l => JsonNode.Parse(l)!).ToList();
            Assert.Equal(expected, lines.Select(l => l["message"]!.ToJsonString()));
            Assert.All(lines, l => Assert.Equal("m", (string?)l["model"]));
            Assert.All(lines[..^1], l => Assert.False((bool)l["done"]!));
            var last = lines[^1];
            Assert.Equal((true, "stop", 12, 5), ((bool)last["done"]!, (string?)last["done_reason"], (int)last["prompt_eval_count"]!, (int)last["eval_count"]!));
            Assert.True((long)last["total_duration"]! > 0);
            Assert.Equal((long)last["total_duration"]!, (long)last["prompt_eval_duration"]! + (long)last["eval_duration"]!);
        }
    }

    [Fact]
    public async Task WholeAnswersOfBothEndpoints()
    {
        const string upstream = """{"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}""";
        using var chat = await Bench.CallAsync(Client(OllamaCall.Chat), """{"model":"m","stream":false,"messages":[{"role":"user","content":"hi"}]}""");
        Assert.Equal("""{"role":"assistant","content":"Hi"}""", Bench.Answer(chat, upstream)["message"]!.ToJsonString());
        using var generate = await Bench.CallAsync(Client(OllamaCall.Generate), """{"model":"m","stream":false,"prompt":"hi"}""");
        var answer = Bench.Answer(generate, upstream);
        Assert.Equal(("Hi", "length", true), ((string?)answer["response"], (string?)answer["done_reason"], (bool)answer["done"]!));
    }

    [Fact]
    public async Task Embeddings()
    {
        using var call = await Bench.CallAsync(Client(OllamaCall.Embed), """{"model":"m","input":["a","b"],"truncate":true,"dimensions":2}""");
        Assert.Equal(Operation.Embeddings, call.Operation);
        Assert.Equal("""{"model":"m","input":["a","b"],"dimensions":2}""", JsonNode.Parse(call.Body.Span)!.ToJsonString());
        var answer = Bench.Answer(call, """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.6,0.8]},{"object":"embedding","index":1,"embedding":[1,0]}],"usage":{"prompt_tokens":2,"total_tokens":2}}""");
        Assert.Equal("[[0.6,0.8],[1,0]]", answer["embeddings"]!.ToJsonString());
    }

    private OllamaDialect Client(OllamaCall kind) => new(kind, (_, model, endpoint, unload) =>
    {
        _loads.Add((model, endpoint, unload));
        return ValueTask.CompletedTask;
    });
}
