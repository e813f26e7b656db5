using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Backends;
using RouterDaemon.Backends.AnthropicApi;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;
using RouterDaemon.Relay;
using Xunit;

namespace RouterDaemon.Tests.Relay.Translation;

/// <summary>OpenAI's clients in front of Anthropic's Messages. Event streams are written after the public API reference.</summary>
public sealed class AnthropicBackendTests
{
    private const string Upstream = """
        event: message_start
        data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_read_input_tokens":10,"output_tokens":1}}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

        event: ping
        data: {"type": "ping"}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm – ünï"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: content_block_start
        data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Okay"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":", let's \"check\"."}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":1}

        event: content_block_start
        data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"location\":"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":" \"Paris\"}"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":2}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89}}

        event: message_stop
        data: {"type":"message_stop"}


        """;

    private static readonly string[] Expected =
    [
        """{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}""",
        """{"index":0,"delta":{"reasoning_content":"Hm – ünï"},"finish_reason":null}""",
        """{"index":0,"delta":{"content":"Okay"},"finish_reason":null}""",
        """{"index":0,"delta":{"content":", let's \"check\"."},"finish_reason":null}""",
        """{"index":0,"delta":{"tool_calls":[{"index":0,"id":"toolu_1","type":"function","function":{"name":"get_weather","arguments":""}}]},"finish_reason":null}""",
        """{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"location\":"}}]},"finish_reason":null}""",
        """{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":" \"Paris\"}"}}]},"finish_reason":null}""",
        """{"index":0,"delta":{},"finish_reason":"tool_calls"}""",
        """{"prompt_tokens":35,"completion_tokens":89,"total_tokens":124,"prompt_tokens_details":{"cached_tokens":10}}""",
        "[DONE]",
    ];

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public async Task AnyCutOfTheBytesGivesTheSameChunks(string lineEnd)
    {
        var upstream = Upstream.ReplaceLineEndings(lineEnd);
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var chunks = Bench.Events(await Bench.ReadAsync(r => new TranslatedResponse(r, 7) { Status = r.Status, MediaType = r.MediaType }, upstream, "text/event-stream", random, seed % 3 == 0 ? 1 : seed));
            Assert.Equal(Expected, chunks.Select(Essence));
        }
    }

    [Fact]
    public async Task FactsOfTheBytesAndOfTheirTranslationAgree()
    {
        var native = new AnthropicEventScanner();
        var (nativeContent, translatedContent) = (0, 0);
        var (nativeUsage, translatedUsage) = (default(ChunkFacts), default(ChunkFacts));
        FinishReason nativeFinish = default, translatedFinish = default;
        foreach (var line in Upstream.Split('\n').Where(l => l.StartsWith("data: ", StringComparison.Ordinal)))
        {
            var facts = default(ChunkFacts);
            native.ScanEvent(Encoding.UTF8.GetBytes(line[6..]), ref facts);
            Assert.False(facts.Malformed);
            nativeContent += facts.ContentBytes;
            nativeUsage = facts.HasUsage ? facts : nativeUsage;
            nativeFinish = facts.FinishReason != FinishReason.None ? facts.FinishReason : nativeFinish;
        }

        foreach (var chunk in Bench.Events(await Bench.ReadAsync(r => new TranslatedResponse(r, 7) { Status = r.Status, MediaType = r.MediaType }, Upstream, "text/event-stream", new Random(1), 100)).Where(c => c != "[DONE]"))
        {
            var facts = default(ChunkFacts);
            ChatChunkScanner.Scan(Encoding.UTF8.GetBytes(chunk), ref facts);
            translatedContent += facts.HasToolCalls ? 0 : facts.ContentBytes;
            translatedUsage = facts.HasUsage ? facts : translatedUsage;
            translatedFinish = facts.FinishReason != FinishReason.None ? facts.FinishReason : translatedFinish;
        }

        Assert.Equal((35, 89, 10), (nativeUsage.PromptTokens, nativeUsage.CompletionTokens, nativeUsage.CachedTokens));
        Assert.Equal((35, 89, 10), (translatedUsage.PromptTokens, translatedUsage.CompletionTokens, translatedUsage.CachedTokens));
        Assert.Equal((FinishReason.ToolCalls, FinishReason.ToolCalls), (nativeFinish, translatedFinish));
        Assert.True(nativeContent > translatedContent && translatedContent > 0, $"{nativeContent} {translatedContent}");
    }

    [Fact]
    public async Task AnErrorEventIsAnError()
    {
        var chunks = Bench.Events(await Bench.ReadAsync(r => new TranslatedResponse(r, 7) { Status = 200, MediaType = r.MediaType }, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", "text/event-stream", new Random(1), 5));
        Assert.Equal(["""{"error":{"type":"overloaded_error","message":"Overloaded"}}"""], chunks);
    }

    [Theory]
    [InlineData("data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":7}}\n\n", "text/event-stream")]
    [InlineData("data: nonsense\n\n", "text/event-stream")]
    [InlineData("{\"type\":\"message\"}", "application/json")]
    [InlineData("nonsense", "application/json")]
    public async Task RubbishIsTheUpstreamsFault(string upstream, string mediaType)
    {
        var e = await Assert.ThrowsAsync<UpstreamException>(() => Bench.ReadAsync(r => new TranslatedResponse(r, 7) { Status = 200, MediaType = r.MediaType }, upstream, mediaType, new Random(1), 9));
        Assert.Equal(RelayError.UpstreamProtocol, e.Error);
    }

    [Fact]
    public async Task AWholeAnswerIsTranslated()
    {
        var answer = await Bench.ReadAsync(r => new TranslatedResponse(r, 7) { Status = 200, MediaType = r.MediaType }, """
            {"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Hi"},
             {"type":"tool_use","id":"t","name":"f","input":{"a":[1,2]}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"cache_creation_input_tokens":2,"cache_read_input_tokens":1,"output_tokens":4}}
            """, "application/json", new Random(1), 30);
        var expected = JsonNode.Parse("""
            {"id":"msg_1","object":"chat.completion","created":7,"model":"claude","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","reasoning_content":"hm","refusal":null,
             "tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"a\":[1,2]}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],
             "usage":{"prompt_tokens":6,"completion_tokens":4,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":1}}}
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(answer)), answer);
    }

    [Fact]
    public void ABodyWithEverythingIsTranslated()
    {
        var body = Translate("""
            {"model":"m","max_completion_tokens":100,"stream":true,"stream_options":{"include_usage":true},"temperature":1,"top_p":0.5,"stop":"END","user":"u","seed":1,"n":1,
             "frequency_penalty":0,"logit_bias":{},"reasoning_effort":"low","parallel_tool_calls":false,"tool_choice":"auto",
             "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},{"type":"function","function":{"name":"g"}}],
             "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}},
             "messages":[{"role":"system","content":"One."},{"role":"developer","content":[{"type":"text","text":"Two."}]},
              {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}},{"type":"image_url","image_url":{"url":"https://x.test/a.png"}},
                {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,UERG"}}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"2","type":"function","function":{"name":"g","arguments":""}}]},
              {"role":"tool","tool_call_id":"1","content":"r1"},{"role":"tool","tool_call_id":"2","content":"r2"},{"role":"user","content":"And?"}]}
            """);
        var expected = JsonNode.Parse("""
            {"model":"m","max_tokens":1124,"thinking":{"type":"enabled","budget_tokens":1024},
             "system":[{"type":"text","text":"One."},{"type":"text","text":"Two."}],
             "messages":[{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},{"type":"image","source":{"type":"url","url":"https://x.test/a.png"}},
                {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"UERG"}}]},
              {"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{"a":1}},{"type":"tool_use","id":"2","name":"g","input":{}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"r1"}]},{"type":"tool_result","tool_use_id":"2","content":[{"type":"text","text":"r2"}]},{"type":"text","text":"And?"}]}],
             "stream":true,"temperature":1,"top_p":0.5,"stop_sequences":["END"],"metadata":{"user_id":"u"},
             "tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true},{"name":"g","input_schema":{"type":"object"}}],
             "output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},
             "tool_choice":{"type":"auto","disable_parallel_tool_use":true}}
            """);
        Assert.True(JsonNode.DeepEquals(expected, body), body.ToJsonString());
    }

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"logprobs\":true", "logprobs")]
    [InlineData("\"temperature\":1.5", "temperature")]
    [InlineData("\"logit_bias\":{\"1\":2}", "logit_bias")]
    [InlineData("\"frequency_penalty\":0.5", "frequency_penalty")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "response_format.type")]
    [InlineData("\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"x\"}}]", "tools[0].type")]
    [InlineData("\"audio\":{\"voice\":\"x\"}", "audio")]
    [InlineData("\"my_own\":1", "my_own")]
    public void WhatAnthropicCannotSayIsA422ThatNamesIt(string member, string field)
    {
        var e = Assert.Throws<ApiException>(() => Translate($$"""{"model":"m","messages":[{"role":"user","content":"hi"}],{{member}}}"""));
        Assert.Equal((422, field), (e.Error.Status, e.Error.Param));
    }

    [Fact]
    public void ThinkingIsLeftOutInAToolLoopAndWithAForcedTool()
    {
        Assert.Null(Translate("""{"model":"m","reasoning_effort":"high","messages":[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"r"}]}""")["thinking"]);
        Assert.Null(Translate("""{"model":"m","reasoning_effort":"high","tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}],"messages":[{"role":"user","content":"hi"}]}""")["thinking"]);
        Assert.Equal(16384 + 4096, (int)Translate("""{"model":"m","reasoning_effort":"high","messages":[{"role":"user","content":"hi"}]}""")["max_tokens"]!);
    }

    private static JsonNode Translate(string body)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var document = JsonDocument.Parse(body))
        using (var json = new Utf8JsonWriter(output))
        {
            new MessagesWriter(json).Write(document.RootElement);
        }

        return JsonNode.Parse(output.WrittenSpan)!;
    }

    private static string Essence(string chunk)
    {
        if (chunk == "[DONE]")
        {
            return chunk;
        }

        using var document = JsonDocument.Parse(chunk);
        var root = document.RootElement;
        Assert.Equal(("msg_1", "claude", 7), (root.GetProperty("id").GetString(), root.GetProperty("model").GetString(), root.GetProperty("created").GetInt32()));
        return root.TryGetProperty("usage", out var usage) ? usage.GetRawText() : root.GetProperty("choices")[0].GetRawText();
    }
}
