using System.Text;
using System.Text.Json.Nodes;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Relay.Translation.Anthropic;
using Xunit;

namespace RouterDaemon.Tests.Relay.Translation;

/// <summary>Anthropic's clients in front of backends that speak OpenAI's chat. Bodies and events are written after the public API references.</summary>
public sealed class AnthropicClientTests
{
    private const string Hello = """{"model":"m","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task ABodyWithEverythingIsTranslated()
    {
        var chat = await Bench.TranslateAsync(new AnthropicDialect(), """
            {"model":"m","max_tokens":64,"stream":true,"temperature":0.5,"top_p":0.9,"top_k":40,"stop_sequences":["END"],
             "metadata":{"user_id":"u1"},"service_tier":"auto","thinking":{"type":"enabled","budget_tokens":4096},
             "system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}},{"type":"text","text":"Be kind."}],
             "tools":[{"name":"look_up","description":"d","input_schema":{"type":"object","properties":{"q":{"type":"string"}}},"cache_control":{"type":"ephemeral"}}],
             "tool_choice":{"type":"any","disable_parallel_tool_use":true},
             "route":{"preset":"batch"},
             "messages":[
              {"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}},
                {"type":"image","source":{"type":"url","url":"https://x.test/a.png"}},
                {"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"UERG"}},
                {"type":"document","source":{"type":"text","media_type":"text/plain","data":"plain"}}]},
              {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Looking."},{"type":"tool_use","id":"t1","name":"look_up","input":{"q":"a\"b"}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"found"},{"type":"image","source":{"type":"url","url":"https://x.test/b.png"}}]},{"type":"text","text":"And?"}]}]}
            """);
        var expected = JsonNode.Parse("""
            {"model":"m","max_tokens":64,"stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"top_p":0.9,"top_k":40,"stop":["END"],
             "user":"u1","reasoning_effort":"medium",
             "tools":[{"type":"function","function":{"name":"look_up","description":"d","parameters":{"type":"object","properties":{"q":{"type":"string"}}}}}],
             "tool_choice":"required","parallel_tool_calls":false,
             "route":{"preset":"batch"},
             "messages":[
              {"role":"system","content":"Be brief.\n\nBe kind."},
              {"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}},
                {"type":"image_url","image_url":{"url":"https://x.test/a.png"}},
                {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,UERG"}},
                {"type":"text","text":"plain"}]},
              {"role":"assistant","content":"Looking.","tool_calls":[{"id":"t1","type":"function","function":{"name":"look_up","arguments":"{\"q\":\"a\\\"b\"}"}}]},
              {"role":"tool","tool_call_id":"t1","content":"found"},
              {"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.test/b.png"}},{"type":"text","text":"And?"}]}]}
            """);
        Assert.True(JsonNode.DeepEquals(expected, chat), chat.ToJsonString());
    }

    [Theory]
    [InlineData("""{"type":"auto"}""", "\"auto\"")]
    [InlineData("""{"type":"none"}""", "\"none\"")]
    [InlineData("""{"type":"tool","name":"f"}""", """{"type":"function","function":{"name":"f"}}""")]
    public async Task ToolChoices(string given, string expected)
    {
        var chat = await Bench.TranslateAsync(new AnthropicDialect(), $$"""{"model":"m","max_tokens":1,"tool_choice":{{given}},"messages":[{"role":"user","content":"hi"}]}""");
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), chat["tool_choice"]!.ToJsonString());
    }

    [Fact]
    public async Task AStructuredAnswerBecomesAResponseFormat()
    {
        var chat = await Bench.TranslateAsync(new AnthropicDialect(), """
            {"model":"m","max_tokens":1,"output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},"messages":[{"role":"user","content":"hi"}]}
            """);
        Assert.Equal("""{"type":"json_schema","json_schema":{"name":"answer","strict":true,"schema":{"type":"object"}}}""", chat["response_format"]!.ToJsonString());
        Assert.Equal("high", (string?)chat["reasoning_effort"]);
    }

    [Theory]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"web_search_20250305","name":"web_search"}]}""", "tools[0].type")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"mcp_servers":[]}""", "mcp_servers")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}""", "messages[0].content[0].source.type")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"container_upload","file_id":"f"}]}]}""", "messages[0].content[0].type")]
    public async Task WhatOnlyAnthropicCanHonourIsNamedAndKeepsToIt(string body, string field)
    {
        var client = new AnthropicDialect();
        using var call = await Bench.CallAsync(client, body);
        Assert.Equal(field, client.UntranslatableField);
        Assert.Equal(Capability.AnthropicMessages, client.Required);
    }

    [Theory]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"bot","content":"hi"}]}""", "messages[0].role")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"user"}]}""", "messages[0].content")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text"}]}]}""", "messages[0].content[0].text")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"tools":[{"description":"no name"}]}""", "tools[0].name")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}],"thinking":{"type":"enabled"}}""", "thinking.budget_tokens")]
    [InlineData("""{"model":"m","max_tokens":1}""", "messages")]
    public async Task FaultsNameTheirField(string body, string field)
    {
        var e = await Assert.ThrowsAsync<ApiException>(() => Bench.CallAsync(new AnthropicDialect(), body));
        Assert.Equal((400, field), (e.Error.Status, e.Error.Param));
    }

    [Fact]
    public async Task AStreamOfEverythingBecomesItsEvents()
    {
        var stream = Bench.Chunks(
        [
            """{"role":"assistant","content":""}""", """{"reasoning_content":"Let me"}""", """{"reasoning_content":" see."}""",
            """{"content":"Hel"}""", """{"content":"lo \"you\""}""",
            """{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}}]}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}""", """{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}""",
            """{"tool_calls":[{"index":1,"function":{"name":"g","arguments":"{}"}}]}""",
            .. Bench.Finish("tool_calls"),
        ]) + "data: [DONE]\n\n";
        string[] Expected(string id) =>
        [
            $$$$"""message_start {"type":"message_start","message":{"id":"msg_{{{{id}}}}","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}""",
            """content_block_start {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
            """content_block_delta {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me"}}""",
            """content_block_delta {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" see."}}""",
            """content_block_stop {"type":"content_block_stop","index":0}""",
            """content_block_start {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}""",
            """content_block_delta {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hel"}}""",
            """content_block_delta {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"lo \"you\""}}""",
            """content_block_stop {"type":"content_block_stop","index":1}""",
            """content_block_start {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}""",
            """content_block_delta {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}""",
            """content_block_delta {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"1}"}}""",
            """content_block_stop {"type":"content_block_stop","index":2}""",
            $$$$"""content_block_start {"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_{{{{id}}}}_1","name":"g","input":{}}}""",
            """content_block_delta {"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{}"}}""",
            """content_block_stop {"type":"content_block_stop","index":3}""",
            """message_delta {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":8,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":5}}""",
            """message_stop {"type":"message_stop"}""",
        ];
        for (var seed = 0; seed < 50; seed++)
        {
            using var call = await Bench.CallAsync(new AnthropicDialect(), Hello);
            Assert.Equal(Expected(call.Context.RequestId), Bench.Events(Bench.Stream(call, stream, new Random(seed))));
        }
    }

    [Theory]
    [InlineData("stop", "end_turn")]
    [InlineData("length", "max_tokens")]
    [InlineData("tool_calls", "tool_use")]
    [InlineData("content_filter", "refusal")]
    [InlineData("eos", "end_turn")]
    public async Task StopReasons(string chat, string anthropic)
    {
        using (var call = await Bench.CallAsync(new AnthropicDialect(), Hello))
        {
            Assert.Contains($"\"stop_reason\":\"{anthropic}\"", Bench.Stream(call, Bench.Chunks(["""{"content":"x"}""", .. Bench.Finish(chat)])));
        }

        using var whole = await Bench.CallAsync(new AnthropicDialect(), Hello);
        var answer = Bench.Answer(whole, $$$"""{"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"{{{chat}}}"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}""");
        Assert.Equal(anthropic, (string?)answer["stop_reason"]);
    }

    [Fact]
    public async Task AWholeAnswerIsTranslated()
    {
        using var call = await Bench.CallAsync(new AnthropicDialect(), Hello);
        var answer = Bench.Answer(call, """
            {"id":"c","object":"chat.completion","model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","reasoning_content":"hm","refusal":null,
             "tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"t2","type":"function","function":{"name":"g","arguments":"not json"}}]},"finish_reason":"stop","stop_reason":null}],
             "usage":{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17,"prompt_tokens_details":{"cached_tokens":6}}}
            """);
        var expected = JsonNode.Parse($$$$"""
            {"id":"msg_{{{{call.Context.RequestId}}}}","type":"message","role":"assistant","model":"m",
             "content":[{"type":"thinking","thinking":"hm","signature":""},{"type":"text","text":"Hi"},{"type":"tool_use","id":"t1","name":"f","input":{"a":1}},
              {"type":"tool_use","id":"t2","name":"g","input":{"arguments":"not json"}}],
             "stop_reason":"tool_use","stop_sequence":null,
             "usage":{"input_tokens":4,"cache_creation_input_tokens":0,"cache_read_input_tokens":6,"output_tokens":7}}
            """);
        Assert.True(JsonNode.DeepEquals(expected, answer), answer.ToJsonString());
    }

    [Fact]
    public async Task HalvesOfCharactersDoNotBreakTheStream()
    {
        using var call = await Bench.CallAsync(new AnthropicDialect(), Hello);
        var stream = Bench.Stream(call, Bench.Chunks("""{"content":"a\ud83d"}""", """{"content":"\ude00\n\"\t\u00e9"}"""));
        Assert.Contains("\"a\uFFFD\"", stream);
        Assert.Contains("\uFFFD\\n\\\"\\té", stream);
    }

    [Fact]
    public async Task BytesGoThroughToAndFromItsOwnKind()
    {
        using var call = await Bench.CallAsync(new AnthropicDialect(), Hello);
        const string upstream = "event: message_start\ndata: {\"type\":\"message_start\",  \"message\":{\"usage\":{\"input_tokens\":3}}}\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\n";
        Assert.StartsWith(upstream, Bench.Stream(call, upstream, dialect: Dialect.Anthropic));
        Assert.Equal(Hello, Encoding.UTF8.GetString(call.Original.Span));
    }
}
