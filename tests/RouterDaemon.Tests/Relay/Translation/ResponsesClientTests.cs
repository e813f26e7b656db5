using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using RouterDaemon.Http;
using RouterDaemon.Relay.Translation.Responses;
using RouterDaemon.Store;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Relay.Translation;

/// <summary>OpenAI's Responses in front of backends that speak OpenAI's chat. Bodies and events are written after the public API reference.</summary>
public sealed class ResponsesClientTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private ContextStore _store = null!;
    private ResponseMemory _memory = null!;

    public ValueTask InitializeAsync()
    {
        _store = ContextStore.Open(_folder.File("context.db"), TimeProvider.System);
        _memory = new ResponseMemory(() => _store, NullLogger.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task ABodyWithEverythingIsTranslated()
    {
        var chat = await Bench.TranslateAsync(new ResponsesDialect(_memory), """
            {"model":"m","instructions":"Be brief.","max_output_tokens":64,"temperature":0.2,"top_p":0.9,"stream":true,"user":"u","metadata":{"a":"b"},"truncation":"disabled",
             "include":["reasoning.encrypted_content"],"reasoning":{"effort":"low","summary":"auto"},"parallel_tool_calls":false,"tool_choice":{"type":"function","name":"f"},
             "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true}],
             "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true},"verbosity":"low"},
             "input":[{"role":"developer","content":"dev"},{"type":"message","role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"data:image/png;base64,QUJD","detail":"low"},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,UERG"}]},
              {"type":"reasoning","id":"rs","summary":[]},
              {"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":"{}"},{"type":"function_call","call_id":"c2","name":"g","arguments":"{\"a\":1}"},
              {"type":"function_call_output","call_id":"c1","output":"r1"},{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"r2"}]},
              {"role":"assistant","content":[{"type":"output_text","text":"so","annotations":[]}]}]}
            """);
        var expected = JsonNode.Parse("""
            {"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"system","content":"dev"},
              {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD","detail":"low"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,UERG"}}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{\"a\":1}"}}]},
              {"role":"tool","tool_call_id":"c1","content":"r1"},{"role":"tool","tool_call_id":"c2","content":"r2"},{"role":"assistant","content":"so"}],
             "max_tokens":64,"temperature":0.2,"top_p":0.9,"stream":true,"stream_options":{"include_usage":true},"user":"u","reasoning_effort":"low","parallel_tool_calls":false,
             "tool_choice":{"type":"function","function":{"name":"f"}},
             "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}],
             "verbosity":"low","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}}
            """);
        Assert.True(JsonNode.DeepEquals(expected, chat), chat.ToJsonString());
    }

    [Theory]
    [InlineData("""{"model":"m","input":"x","tools":[{"type":"web_search"}]}""", 422, "tools[0].type")]
    [InlineData("""{"model":"m","input":"x","background":true}""", 422, "background")]
    [InlineData("""{"model":"m","input":"x","conversation":"c"}""", 422, "conversation")]
    [InlineData("""{"model":"m","input":"x","truncation":"auto"}""", 422, "truncation")]
    [InlineData("""{"model":"m","input":[{"type":"item_reference","id":"i"}]}""", 400, "input[0].id")]
    [InlineData("""{"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}""", 422, "input[0].content[0]")]
    [InlineData("""{"model":"m","input":"x","previous_response_id":"resp_no"}""", 400, "previous_response_id")]
    [InlineData("""{"model":"m","input":[{"role":"user"}]}""", 400, "input[0].content")]
    [InlineData("""{"model":"m","input":[]}""", 400, "input")]
    [InlineData("""{"model":"m"}""", 400, "input")]
    public async Task FaultsNameTheirField(string body, int status, string field)
    {
        var e = await Assert.ThrowsAsync<ApiException>(() => Bench.CallAsync(new ResponsesDialect(_memory), body));
        Assert.Equal((status, field), (e.Error.Status, e.Error.Param));
    }

    [Fact]
    public async Task AStreamOfEverythingBecomesItsEvents()
    {
        var stream = Bench.Chunks(
        [
            """{"role":"assistant","content":""}""", """{"reasoning_content":"hm"}""", """{"content":"Hel"}""", """{"content":"lo"}""",
            """{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":"}}]}""", """{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}""",
            .. Bench.Finish("tool_calls"),
        ]);
        for (var seed = 0; seed < 30; seed++)
        {
            using var call = await Bench.CallAsync(new ResponsesDialect(_memory), """{"model":"m","input":"hi","stream":true,"temperature":0.5}""");
            var id = call.Context.RequestId;
            var events = Bench.Events(Bench.Stream(call, stream, new Random(seed)));
            Assert.Equal(
                [
                    "response.created", "response.in_progress",
                    "response.output_item.added", "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
                    "response.reasoning_summary_text.done", "response.reasoning_summary_part.done", "response.output_item.done",
                    "response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                    "response.output_text.done", "response.content_part.done", "response.output_item.done",
                    "response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.delta",
                    "response.function_call_arguments.done", "response.output_item.done",
                    "response.completed",
                ],
                events.Select(e => e[..e.IndexOf(' ', StringComparison.Ordinal)]));
            var bodies = events.Select(e => JsonNode.Parse(e[e.IndexOf('{', StringComparison.Ordinal)..])!).ToList();
            Assert.Equal(Enumerable.Range(0, bodies.Count), bodies.Select(b => (int)b["sequence_number"]!));
            Assert.Equal($$"""{"type":"response.output_text.delta","sequence_number":10,"item_id":"msg_{{id}}_1","output_index":1,"content_index":0,"delta":"Hel","logprobs":[]}""", bodies[10].ToJsonString());
            Assert.Equal($$"""{"type":"response.function_call_arguments.done","sequence_number":18,"item_id":"fc_{{id}}_2","output_index":2,"name":"f","arguments":"{\u0022a\u0022:1}"}""", bodies[18].ToJsonString());
            var response = bodies[^1]["response"]!;
            Assert.Equal($"resp_{id}", (string?)response["id"]);
            Assert.Equal("completed", (string?)response["status"]);
            Assert.Equal(0.5, (double)response["temperature"]!);
            var expected = JsonNode.Parse($$$"""
                [{"id":"rs_{{{id}}}_0","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},
                 {"id":"msg_{{{id}}}_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[],"logprobs":[]}]},
                 {"id":"fc_{{{id}}}_2","type":"function_call","status":"completed","call_id":"t1","name":"f","arguments":"{\"a\":1}"}]
                """);
            Assert.True(JsonNode.DeepEquals(expected, response["output"]), response["output"]!.ToJsonString());
            Assert.Equal("""{"input_tokens":12,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":17}""", response["usage"]!.ToJsonString());
        }
    }

    [Fact]
    public async Task ALimitThatWasReachedIsIncomplete()
    {
        using var call = await Bench.CallAsync(new ResponsesDialect(_memory), """{"model":"m","input":"hi"}""");
        var answer = Bench.Answer(call, """{"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}""");
        Assert.Equal(("incomplete", "max_output_tokens"), ((string?)answer["status"], (string?)answer["incomplete_details"]!["reason"]));
    }

    [Fact]
    public async Task AConversationGoesOnFromItsResponse()
    {
        string first;
        using (var call = await Bench.CallAsync(new ResponsesDialect(_memory), """{"model":"m","instructions":"only now","input":"one"}"""))
        {
            first = (string)Bench.Answer(call, """{"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}""")["id"]!;
        }

        using var next = await Bench.CallAsync(new ResponsesDialect(_memory), $$"""{"model":"m","previous_response_id":"{{first}}","store":false,"input":[{"type":"function_call_output","call_id":"t","output":"r"}]}""");
        Assert.Equal(
            """[{"role":"user","content":"one"},{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t","content":"r"}]""",
            JsonNode.Parse(next.Body.Span)!["messages"]!.ToJsonString());
        var second = Bench.Answer(next, """{"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"done"},"finish_reason":"stop"}]}""");
        var kept = await _memory.FindAsync(null, first, TestContext.Current.CancellationToken);
        Assert.Equal((first, "completed", "f"), ((string)Response(kept!)["id"]!, (string)Response(kept!)["status"]!, (string)Response(kept!)["output"]![0]!["name"]!));
        Assert.False((bool)second["store"]!);
        Assert.Null(await _memory.FindAsync(null, (string)second["id"]!, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task WhatIsForgottenIsGoneAtOnceAndForGood()
    {
        var ct = TestContext.Current.CancellationToken;
        for (var round = 0; round < 50; round++)
        {
            _memory.Keep("owner", $"resp_{round}", [1, 2, 3]);
            Assert.False(await _memory.ForgetAsync("other", $"resp_{round}", ct));
            Assert.False(await _memory.ForgetAsync(null, $"owner/resp_{round}", ct));
            Assert.True(await _memory.ForgetAsync("owner", $"resp_{round}", ct));
            Assert.Null(await _memory.FindAsync("owner", $"resp_{round}", ct));
            Assert.False(await _memory.ForgetAsync("owner", $"resp_{round}", ct));
        }

        Assert.Equal(0L, await _store.ReadAsync(c => c.Scalar("SELECT count(*) FROM r_responses"), ct));
    }

    private static JsonNode Response(byte[] kept)
    {
        using var buffer = new MemoryStream();
        using (var json = new System.Text.Json.Utf8JsonWriter(buffer))
            Assert.True(StoredResponse.TryWriteResponse(kept, json));
        return JsonNode.Parse(buffer.ToArray())!;
    }
}
