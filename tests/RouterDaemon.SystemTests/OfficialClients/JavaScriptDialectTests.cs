using System.Text.Json;
using RouterDaemon.SystemTests.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.OfficialClients;

/// <summary>
/// Clients for JavaScript that people use, unmodified, under node: each against the bundled model, an OpenAI-shaped and an
/// Anthropic-shaped upstream, which answer alike.
/// </summary>
public sealed class JavaScriptDialectTests(DialectFleet fleet) : IClassFixture<DialectFleet>
{
    private const string Tiny = "tiny";

    [Theory]
    [InlineData(Tiny)]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task OpenAi(string model)
    {
        string embeddings = model == Tiny ? DialectFleet.VectorModel : model == DialectFleet.OpenAiModel ? model : "";
        JsonElement seen = await RunAsync("openai.mjs", model, ("EMBEDDINGS", embeddings));
        JsonElement chat = seen.GetProperty("chat");
        Assert.Equal((Answer(model), "stop"), (Text(chat, "text"), Text(chat, "finish")));
        Assert.True(Number(chat.GetProperty("usage"), "total_tokens") > 10);
        JsonElement stream = seen.GetProperty("stream");
        Assert.Equal(Count(model), Text(stream, "text"));
        Assert.True(Number(stream, "chunks") > 3 && Number(stream.GetProperty("usage"), "completion_tokens") > 3);
        Assert.Contains("tiny/local", seen.GetProperty("models").EnumerateArray().Select(m => m.GetString()));
        Assert.Equal(model, Text(seen, "model"));
        AssertError(seen, "notFound", "NotFoundError", 404, "no-such-model");
        AssertError(seen, "badRequest", "BadRequestError", 400, "messages");
        Assert.True(seen.GetProperty("aborted").GetBoolean());
        JsonElement tools = seen.GetProperty("tools");
        Assert.Equal(("tool_calls", "get_weather"), (Text(tools, "finish"), Text(tools, "name")));
        if (embeddings.Length > 0)
            Assert.Equal(1, Number(seen.GetProperty("embeddings"), "count"));
        if (model == Tiny)
        {
            AssertOnDevice(seen, tools.GetProperty("arguments"));
            Assert.True(seen.GetProperty("embeddings").GetProperty("vector").GetArrayLength() > 16);
            return;
        }

        Assert.Equal(("{\"city\":\"Paris\"}", "The tool said: Sunny."), (tools.GetProperty("arguments").GetRawText(), Text(tools, "answer")));
        AssertRest(seen);
        if (embeddings.Length > 0)
            Assert.Equal([0.6f, 0.8f], seen.GetProperty("embeddings").GetProperty("vector").EnumerateArray().Select(x => x.GetSingle()));
        AssertError(seen, "refused", "BadRequestError", 400, "as you wished");
        AssertError(seen, "torn", "APIError|Error", null, "before it was complete|broke off");
        AssertError(seen, "rateLimited", "RateLimitError", 429, "as you wished|Rate limit");
    }

    [Theory]
    [InlineData(Tiny)]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task Anthropic(string model)
    {
        JsonElement seen = await RunAsync("anthropic.mjs", model);
        JsonElement chat = seen.GetProperty("chat");
        Assert.Equal((Answer(model), "message", "assistant", "end_turn"), (Text(chat, "text"), Text(chat, "type"), Text(chat, "role"), Text(chat, "stop")));
        Assert.True(Number(chat.GetProperty("usage"), "input_tokens") > 0 && Number(chat.GetProperty("usage"), "output_tokens") > 0);
        JsonElement stream = seen.GetProperty("stream");
        Assert.Equal(Count(model), Text(stream, "text"));
        Assert.Equal("[\"message_start\",\"content_block_start\",\"content_block_delta\",\"content_block_stop\",\"message_delta\",\"message_stop\"]", stream.GetProperty("types").GetRawText());
        Assert.True(Number(stream, "pieces") > 3);
        Assert.True(Number(stream.GetProperty("usage"), "input_tokens") > 0 && Number(stream.GetProperty("usage"), "output_tokens") > 3);
        Assert.Equal(model == DialectFleet.AnthropicModel, Number(seen, "tokens") == 4711);
        Assert.Contains("claude", seen.GetProperty("models").EnumerateArray().Select(m => m.GetString()));
        AssertError(seen, "notFound", "NotFoundError", 404, "no-such-model");
        if (model != DialectFleet.AnthropicModel)
            AssertError(seen, "badRequest", "BadRequestError", 400, "messages[0].role");
        Assert.True(seen.GetProperty("aborted").GetBoolean());
        JsonElement tools = seen.GetProperty("tools");
        Assert.Equal(("tool_use", "get_weather"), (Text(tools, "stop"), Text(tools, "name")));
        if (model == Tiny)
        {
            AssertOnDevice(seen, tools.GetProperty("input"));
            return;
        }

        Assert.Equal(("{\"city\":\"Paris\"}", "The tool said: Sunny."), (tools.GetProperty("input").GetRawText(), Text(tools, "answer")));
        AssertRest(seen);
        AssertError(seen, "rateLimited", "RateLimitError", 429, "as you wished|Rate limit");
        AssertError(seen, "refused", "BadRequestError", 400, "as you wished");
        AssertError(seen, "torn", "APIError", null, "before it was complete|broke off");
    }

    [Theory]
    [InlineData(Tiny)]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task OpenAiResponses(string model)
    {
        JsonElement seen = await RunAsync("responses.mjs", model);
        JsonElement chat = seen.GetProperty("chat");
        Assert.Equal((Answer(model), "completed", "Be brief."), (Text(chat, "text"), Text(chat, "status"), Text(chat, "instructions")));
        JsonElement stream = seen.GetProperty("stream");
        Assert.Equal((Count(model), Count(model)), (Text(stream, "text"), Text(stream, "final")));
        Assert.True(Number(stream, "deltas") > 3);
        JsonElement next = seen.GetProperty("next");
        Assert.True(next.GetProperty("previous").GetBoolean());
        Assert.Equal(model == Tiny, next.GetProperty("moreInput").GetBoolean());
        JsonElement again = seen.GetProperty("again");
        Assert.Equal((Answer(model), true, true), (Text(again, "text"), again.GetProperty("same").GetBoolean(), again.GetProperty("usage").GetBoolean()));
        AssertError(seen, "deleted", "NotFoundError", 404, "There is no response");
        AssertError(seen, "lost", "BadRequestError", 400, "resp_lost");
        AssertError(seen, "notFound", "NotFoundError", 404, "no-such-model");
        AssertError(seen, "untranslatable", "UnprocessableEntityError", 422, "tools[0].type");
        Assert.True(seen.GetProperty("aborted").GetBoolean());
        JsonElement tools = seen.GetProperty("tools");
        Assert.Equal("get_weather", Text(tools, "name"));
        if (model == Tiny)
        {
            AssertOnDevice(seen, tools.GetProperty("arguments"));
            return;
        }

        Assert.Equal(("{\"city\":\"Paris\"}", "The tool said: Sunny."), (tools.GetProperty("arguments").GetRawText(), Text(tools, "answer")));
        AssertRest(seen);
        AssertError(seen, "rateLimited", "RateLimitError", 429, "as you wished|Rate limit");
        AssertError(seen, "refused", "BadRequestError", 400, "as you wished");
        AssertError(seen, "torn", "APIError", null, "before it was complete|broke off");
    }

    [Theory]
    [InlineData(Tiny)]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task Ollama(string model)
    {
        JsonElement seen = await RunAsync("ollama.mjs", model, ("EMBEDDINGS", model == DialectFleet.OpenAiModel ? model : ""));
        JsonElement chat = seen.GetProperty("chat");
        Assert.Equal((Answer(model), "stop"), (Text(chat, "text"), Text(chat, "reason")));
        Assert.True(chat.GetProperty("counts").GetBoolean() && chat.GetProperty("done").GetBoolean() && chat.GetProperty("duration").GetInt64() > 1000);
        JsonElement stream = seen.GetProperty("stream");
        Assert.Equal(Count(model), Text(stream, "text"));
        Assert.True(Number(stream, "pieces") > 3 && stream.GetProperty("done").GetBoolean());
        Assert.Equal((Answer(model), Answer(model)), (Text(seen, "generate"), Text(seen, "generateStream")));
        Assert.Contains(Tiny, seen.GetProperty("list").EnumerateArray().Select(m => m.GetString()));
        Assert.Contains("completion", seen.GetProperty("show").GetProperty("capabilities").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal("load", Text(seen, "load"));
        AssertError(seen, "notFound", "ResponseError", 404, "no-such-model");
        Assert.Equal("AbortError", Text(seen, "aborted"));
        if (model == Tiny)
        {
            Assert.Contains(Tiny, seen.GetProperty("ps").EnumerateArray().Select(m => m.GetString()));
            Assert.True(seen.GetProperty("structured").GetProperty("answer").TryGetInt64(out _));
            return;
        }

        JsonElement tools = seen.GetProperty("tools");
        Assert.Equal(("get_weather", "{\"city\":\"Paris\"}", "The tool said: Sunny."), (Text(tools, "name"), tools.GetProperty("arguments").GetRawText(), Text(tools, "answer")));
        AssertRest(seen);
        AssertError(seen, "refused", "ResponseError", 400, "as you wished");
        AssertError(seen, "torn", "Error", null, "before it was complete|broke off");
        if (model == DialectFleet.OpenAiModel)
            Assert.Equal("[[0.6,0.8]]", seen.GetProperty("embeddings").GetRawText());
    }

    [Theory]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task AiSdk(string model)
    {
        JsonElement seen = await RunAsync("ai.mjs", model, ("EMBEDDINGS", model == DialectFleet.OpenAiModel ? model : ""));
        foreach (string provider in (string[])["compatible", "responses", "anthropic"])
        {
            JsonElement one = seen.GetProperty(provider);
            Assert.Equal((AnthropicUpstream.Answer, "stop", AnthropicUpstream.Answer), (Text(one, "chat"), Text(one, "finish"), Text(one, "stream")));
            Assert.Equal(("The tool said: Sunny in Paris.", 2), (Text(one, "tools"), Number(one, "steps")));
            Assert.Equal("{\"answer\":42}", one.GetProperty("structured").GetRawText());
            Assert.Equal("An image: image/png", Text(one, "image"));
            Assert.True(Number(one, "usage") > 0);
            AssertError(one, "refused", "AI_APICallError|_APICallError|APICallError", 400, "as you wished");
        }

        if (model == DialectFleet.OpenAiModel)
            Assert.Equal("[0.6,0.8]", seen.GetProperty("embedding").GetRawText());
    }

    private static string Answer(string model) => model == Tiny ? "7 + 8 = 15." : AnthropicUpstream.Answer;

    private static string Count(string model) => model == Tiny ? "1, 2, 3, 4, 5, 6, 7, 8, 9, 10." : AnthropicUpstream.Answer;

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    /// <summary>What the tiny model says is its own affair; that it keeps to the schemas is ours.</summary>
    private static void AssertOnDevice(JsonElement seen, JsonElement arguments)
    {
        Assert.Equal(["city"], arguments.EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.String, arguments.GetProperty("city").ValueKind);
        Assert.True(Text(seen.GetProperty("tools"), "answer")!.Length > 0);
        Assert.Equal(["answer"], seen.GetProperty("structured").EnumerateObject().Select(p => p.Name));
        Assert.True(seen.GetProperty("structured").GetProperty("answer").TryGetInt64(out _));
    }

    private static void AssertRest(JsonElement seen)
    {
        Assert.Equal("{\"answer\":42}", seen.GetProperty("structured").GetRawText());
        Assert.Equal("An image: image/png", Text(seen, "image"));
        Assert.Equal("Let me think.", Text(seen, "thinking"));
    }

    private static void AssertError(JsonElement seen, string name, string types, int? status, string messages)
    {
        JsonElement error = seen.GetProperty(name);
        Assert.True(error.ValueKind == JsonValueKind.Object, $"{name}: no error");
        Assert.Contains(Text(error, "type"), types.Split('|'));
        Assert.Equal(status, error.GetProperty("status").ValueKind == JsonValueKind.Null ? null : Number(error, "status"));
        Assert.True(messages.Split('|').Any(m => Text(error, "message")!.Contains(m, StringComparison.Ordinal)), $"{name}: {error.GetRawText()}");
    }

    private Task<JsonElement> RunAsync(string script, string model, params (string Name, string Value)[] more) =>
        NodeClient.RunAsync(script, fleet.Daemon, [("MODEL", model), ("ON_DEVICE", model == Tiny ? "1" : "0"), ("TOOLS", model == Tiny ? DialectFleet.ToolModel : model), .. more]);
}
