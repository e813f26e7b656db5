using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Serving;

/// <summary>Tool calls, reasoning, begun answers and several choices of on-device models over HTTP.</summary>
public sealed class OnDeviceToolTests(ToolModelDaemon fixture) : IClassFixture<ToolModelDaemon>
{
    private readonly HttpClient _client = fixture.Client;

    [Fact]
    public async Task ARequiredCallIsAnsweredAsACall()
    {
        ChatReply reply = await _client.AskAsync(Body("tooly", ("tool_choice", "required"), ("parallel_tool_calls", false), ("temperature", 0)));
        Assert.True(reply.Status == 200, reply + fixture.Daemon.Log);
        Assert.Equal("tool_calls", reply.FinishReason);
        JsonElement message = reply.Json.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(JsonValueKind.Null, message.GetProperty("content").ValueKind);
        JsonElement call = Assert.Single(message.GetProperty("tool_calls").EnumerateArray());
        Assert.Equal("function", call.GetProperty("type").GetString());
        Assert.Equal(9, call.GetProperty("id").GetString()!.Length);
        Assert.Contains(call.GetProperty("function").GetProperty("name").GetString(), (string[])["add", "ping"]);
        Assert.Equal(JsonValueKind.Object, Chat.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!).ValueKind);
    }

    [Fact]
    public async Task ANamedCallIsStreamedInPieces()
    {
        StreamReply reply = await _client.StreamAsync(Body(
            "tooly", ("tool_choice", new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "add" } }), ("temperature", 0)));
        Assert.Equal(200, reply.Status);
        Assert.True(reply.Done, reply.ToString());
        Assert.Equal("tool_calls", reply.FinishReason);
        Assert.Equal("", reply.Content);
        JsonElement[] deltas = [.. reply.Chunks.Where(c => c.GetProperty("choices").GetArrayLength() > 0).Select(c => c.GetProperty("choices")[0].GetProperty("delta"))
            .Where(d => d.TryGetProperty("tool_calls", out _)).Select(d => d.GetProperty("tool_calls")[0])];
        Assert.True(deltas.Length > 3, $"{deltas.Length} pieces");
        Assert.Equal("add", deltas[0].GetProperty("function").GetProperty("name").GetString());
        Assert.NotEmpty(deltas[0].GetProperty("id").GetString()!);
        Assert.All(deltas[1..], d => Assert.False(d.TryGetProperty("id", out _)));
        Assert.All(deltas, d => Assert.Equal(0, d.GetProperty("index").GetInt32()));
        JsonElement arguments = Chat.Parse(string.Concat(deltas.Select(d => d.GetProperty("function").GetProperty("arguments").GetString())));
        Assert.InRange(arguments.GetProperty("a").GetInt32(), 0, 99);
        Assert.InRange(arguments.GetProperty("b").GetInt32(), 0, 99);
    }

    [Fact]
    public async Task AnOptionalCallIsFoundInTheText()
    {
        const string Grammar = "root ::= \"Let me see.\\n<tool_call>\\n{\\\"name\\\": \\\"ping\\\", \\\"arguments\\\": {}}\\n</tool_call>\"";
        ChatReply reply = await _client.AskAsync(Body("tooly", ("grammar", Grammar)));
        Assert.Equal("tool_calls", reply.FinishReason);
        Assert.Equal("Let me see.\n", reply.Content);
        Assert.Equal("ping", reply.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("name").GetString());
    }

    [Fact]
    public async Task ToolsLeftAloneChangeNothing()
    {
        ChatReply reply = await _client.AskAsync(Body("tooly", ("tool_choice", "none"), ("max_tokens", 8), ("ignore_eos", true)));
        Assert.Equal("length", reply.FinishReason);
        Assert.False(reply.Json.GetProperty("choices")[0].GetProperty("message").TryGetProperty("tool_calls", out _));
    }

    [Fact]
    public async Task ResultsOfCallsGoBackThroughTheTemplate()
    {
        var body = new JsonObject
        {
            ["model"] = "tooly",
            ["messages"] = JsonNode.Parse("""
                [{"role":"user","content":"What is 7 + 8?"},
                 {"role":"assistant","content":null,"tool_calls":[{"id":"abcdefghi","type":"function","function":{"name":"add","arguments":"{\"a\":7,\"b\":8}"}}]},
                 {"role":"tool","tool_call_id":"abcdefghi","content":"15"}]
                """),
            ["max_tokens"] = 4,
        };
        ChatReply reply = await _client.AskAsync(body);
        Assert.True(reply.Status == 200, reply.ToString());
        Assert.Equal("length", reply.FinishReason);
    }

    [Fact]
    public async Task AModelWhoseTemplateKnowsNoToolsCallsThemAllTheSame()
    {
        JsonObject body = Body("tiny", ("tool_choice", "required"), ("temperature", 0));
        ChatReply reply = await _client.AskAsync(body);
        Assert.True(reply.Status == 200, reply.ToString());
        Assert.Equal("tool_calls", reply.FinishReason);
        JsonElement message = reply.Json.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal(JsonValueKind.Null, message.GetProperty("content").ValueKind);
        List<string> whole = [];
        foreach (JsonElement call in message.GetProperty("tool_calls").EnumerateArray())
        {
            JsonElement arguments = Chat.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!);
            whole.Add(call.GetProperty("function").GetProperty("name").GetString() + arguments.GetRawText());
            if (call.GetProperty("function").GetProperty("name").GetString() == "ping")
            {
                Assert.Empty(arguments.EnumerateObject());
                continue;
            }

            Assert.Equal("add", call.GetProperty("function").GetProperty("name").GetString());
            Assert.Equal(["a", "b"], arguments.EnumerateObject().Select(a => a.Name).Order());
            Assert.InRange(arguments.GetProperty("a").GetInt32(), 0, 99);
            Assert.InRange(arguments.GetProperty("b").GetInt32(), 0, 99);
        }

        StreamReply stream = await _client.StreamAsync(body);
        Assert.True(stream.Done, stream.ToString());
        Assert.Equal(("tool_calls", ""), (stream.FinishReason, stream.Content));
        JsonElement[] deltas = [.. stream.Chunks.SelectMany(c => c.GetProperty("choices").EnumerateArray()).Select(c => c.GetProperty("delta"))
            .Where(d => d.TryGetProperty("tool_calls", out _)).Select(d => d.GetProperty("tool_calls")[0])];
        Assert.Equal(whole, deltas.GroupBy(d => d.GetProperty("index").GetInt32()).Select(g =>
            g.First().GetProperty("function").GetProperty("name").GetString() + string.Concat(g.Select(d => d.GetProperty("function").GetProperty("arguments").GetString()))));
    }

    [Fact]
    public async Task ResultsGoBackToAModelWhoseTemplateKnowsNoTools()
    {
        JsonObject body = Body("tiny", ("max_tokens", 4), ("ignore_eos", true));
        body["messages"] = JsonNode.Parse("""
            [{"role":"user","content":"What is 7 + 8?"},
             {"role":"assistant","content":null,"tool_calls":[{"id":"abcdefghi","type":"function","function":{"name":"add","arguments":"{\"a\":7,\"b\":8}"}}]},
             {"role":"tool","tool_call_id":"abcdefghi","content":"15"}]
            """);
        ChatReply reply = await _client.AskAsync(body);
        Assert.True(reply.Status == 200, reply.ToString());
        Assert.Equal("length", reply.FinishReason);
        ChatReply rendered = await _client.AskAsync("/apply-template", Chat.Json(body.DeepClone()));
        string prompt = rendered.Json.GetProperty("prompt").GetString()!;
        Assert.Contains("You can call tools.", prompt);
        Assert.Contains("Result of add:\n15", prompt);
    }

    [Fact]
    public async Task AModelWithoutATemplateIsNotChosenForTools()
    {
        ChatReply named = await _client.AskAsync(Body("base", ("tool_choice", "required")));
        Assert.Equal(422, named.Status);
        Assert.Contains("tools", named.ErrorMessage);
        ChatReply auto = await _client.AskAsync(Body("auto", ("tool_choice", "required"), ("parallel_tool_calls", false)));
        Assert.True(auto.Status == 200, auto.ToString());
        Assert.NotEqual("base/local", auto.Header("x-routerd-deployment"));
    }

    [Fact]
    public async Task ADamagedFileIsNoCandidateOfAuto()
    {
        for (int i = 0; i < 8; i++)
        {
            ChatReply reply = await _client.AskAsync(Chat.Body("auto", "Ping", ("max_tokens", 4)));
            Assert.Equal("1", reply.Header("x-routerd-attempts"));
        }

        ChatReply damaged = await _client.AskAsync(Chat.Body("damaged", "hi"));
        Assert.Equal(503, damaged.Status);
        Assert.Contains("damaged.gguf", damaged.ErrorMessage);
    }

    [Fact]
    public async Task CapabilitiesAreListedPerModel()
    {
        async Task<string[]> OfAsync(string id) =>
            [.. Chat.Parse(await _client.GetStringAsync("/v1/models/" + id)).GetProperty("capabilities").EnumerateArray().Select(c => c.GetString()!)];

        Assert.Contains("tools", await OfAsync("tooly/local"));
        Assert.Contains("tools", await OfAsync("tiny/local"));
        Assert.DoesNotContain("tools", await OfAsync("base/local"));
        Assert.Contains("infill", await OfAsync("filler/local"));
        Assert.DoesNotContain("embeddings", await OfAsync("tiny/local"));
    }

    [Fact]
    public async Task ReasoningIsKeptApart()
    {
        const string Grammar = "root ::= \"<think>\\nSeven, eight.\\n</think>\\n\\n15\"";
        ChatReply whole = await _client.AskAsync(Chat.Body("tooly", "What is 7 + 8?", ("grammar", Grammar)));
        Assert.True(whole.Status == 200, whole.ToString());
        Assert.Equal("15", whole.Content);
        Assert.Equal("Seven, eight.", whole.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("reasoning_content").GetString());
        Assert.True(whole.Json.GetProperty("usage").GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32() > 0);

        StreamReply stream = await _client.StreamAsync(Chat.Body("tooly", "What is 7 + 8?", ("grammar", Grammar)));
        Assert.Equal("15", stream.Content);
        Assert.Equal("Seven, eight.", string.Concat(stream.Chunks.Where(c => c.GetProperty("choices").GetArrayLength() > 0).Select(c => c.GetProperty("choices")[0].GetProperty("delta"))
            .Select(d => d.TryGetProperty("reasoning_content", out JsonElement r) ? r.GetString() : "")));
    }

    [Fact]
    public async Task ReasoningThatTheTemplateOpensIsReasoning()
    {
        ChatReply reply = await _client.AskAsync(Chat.Body(
            "tooly", "What is 7 + 8?", ("chat_template_kwargs", new JsonObject { ["enable_thinking"] = true }), ("max_tokens", 6), ("ignore_eos", true), ("temperature", 0)));
        Assert.Equal("", reply.Content);
        Assert.NotEmpty(reply.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("reasoning_content").GetString()!);
    }

    [Fact]
    public async Task ABegunAnswerIsContinued()
    {
        var body = new JsonObject
        {
            ["model"] = "tiny",
            ["messages"] = new JsonArray(
                new JsonObject { ["role"] = "user", ["content"] = "Count to 10." }, new JsonObject { ["role"] = "assistant", ["content"] = "1, 2, 3, 4," }),
            ["temperature"] = 0,
        };
        ChatReply reply = await _client.AskAsync(body);
        Assert.True(reply.Status == 200, reply.ToString());
        Assert.StartsWith(" 5, 6", reply.Content);
    }

    [Fact]
    public async Task SeveralChoicesShareTheirPrompt()
    {
        JsonObject body = Chat.Body("tiny", "What is RouterDaemon?", ("temperature", 0), ("n", 3));
        ChatReply whole = await _client.AskAsync(body);
        Assert.True(whole.Status == 200, whole.ToString());
        string[] texts = [.. whole.Json.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("message").GetProperty("content").GetString()!)];
        Assert.Equal(3, texts.Length);
        Assert.Single(texts.Distinct());
        ChatReply one = await _client.AskAsync(Chat.Body("tiny", "What is RouterDaemon?", ("temperature", 0)));
        JsonElement usage = whole.Json.GetProperty("usage"), single = one.Json.GetProperty("usage");
        Assert.Equal(single.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(3 * single.GetProperty("completion_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32());

        StreamReply stream = await _client.StreamAsync(body);
        Assert.True(stream.Done, stream.ToString());
        foreach (int index in (int[])[0, 1, 2])
        {
            string text = string.Concat(stream.Chunks.SelectMany(c => c.GetProperty("choices").EnumerateArray()).Where(c => c.GetProperty("index").GetInt32() == index)
                .Select(c => c.GetProperty("delta").TryGetProperty("content", out JsonElement t) ? t.GetString() : ""));
            Assert.Equal(texts[0], text);
        }
    }

    [Fact]
    public async Task SeveralPromptsAreAnsweredInOrderWithEcho()
    {
        ChatReply reply = await _client.AskAsync("/v1/completions", Chat.Json("""{"model":"tiny","prompt":["Count to","Hello"],"max_tokens":3,"temperature":0,"echo":true,"n":2}"""));
        Assert.True(reply.Status == 200, reply.ToString());
        JsonElement[] choices = [.. reply.Json.GetProperty("choices").EnumerateArray()];
        Assert.Equal([0, 1, 2, 3], choices.Select(c => c.GetProperty("index").GetInt32()));
        Assert.All(choices[..2], c => Assert.StartsWith("Count to", c.GetProperty("text").GetString()));
        Assert.All(choices[2..], c => Assert.StartsWith("Hello", c.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task ASuffixNeedsAModelThatFillsIn()
    {
        ChatReply filled = await _client.AskAsync("/v1/completions", Chat.Json("""{"model":"filler","prompt":"Count to","suffix":" please.","max_tokens":3}"""));
        Assert.True(filled.Status == 200, filled.ToString());
        ChatReply refused = await _client.AskAsync("/v1/completions", Chat.Json("""{"model":"tiny","prompt":"Count to","suffix":" please.","max_tokens":3}"""));
        Assert.Equal(422, refused.Status);
        Assert.Contains("infill", refused.ErrorMessage);
    }

    private static JsonObject Body(string model, params (string Name, JsonNode? Value)[] members)
    {
        JsonObject body = Chat.Body(model, "What is 7 + 8?", members);
        body["tools"] = JsonNode.Parse("""
            [{"type":"function","function":{"name":"add","parameters":{"type":"object","properties":{"a":{"type":"integer","minimum":0,"maximum":99},"b":{"type":"integer","minimum":0,"maximum":99}},"required":["a","b"],"additionalProperties":false}}},
             {"type":"function","function":{"name":"ping","parameters":{"type":"object","properties":{},"additionalProperties":false}}}]
            """);
        return body;
    }
}
