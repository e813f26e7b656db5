using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Dialects;

/// <summary>What no client library shows: bytes that go through, headers, credentials, error envelopes, NDJSON, billing, aborts.</summary>
public sealed class DialectTests(DialectFleet fleet) : IClassFixture<DialectFleet>
{
    [Fact]
    public async Task AnthropicToAnthropicIsBytesButForTheModelAndTheHints()
    {
        const string body = """{ "model":"claude/a",  "max_tokens": 64, "x_unknown":[1, 2.50], "route":{"preset":"batch"},"messages":[{"role":"user","content":[{"type":"text","text":"hi é \u00e9","cache_control":{"type":"ephemeral"}}]}]}""";
        ChatReply reply = await fleet.Client.AskAsync("/v1/messages", Chat.Json(body), ("anthropic-beta", "some-beta"), ("x-api-key", "client-key"), ("authorization", "Bearer client-key"), ("cookie", "a=b"));
        Assert.Equal(200, reply.Status);
        AnthropicRequest sent = fleet.Anthropic.Last;
        Assert.Equal(body.Replace("claude/a", "claude-mock", StringComparison.Ordinal).Replace(" \"route\":{\"preset\":\"batch\"},", "", StringComparison.Ordinal), sent.Body);
        Assert.Equal((DialectFleet.Key, "some-beta", "2023-06-01"), (sent.Headers["x-api-key"], sent.Headers["anthropic-beta"], sent.Headers["anthropic-version"]));
        Assert.DoesNotContain("client-key", string.Join(' ', sent.Headers.Values));
        Assert.False(sent.Headers.ContainsKey("cookie"));
        Assert.Equal("msg_mock", reply.Json.GetProperty("id").GetString());
        Assert.Equal("claude/a", reply.Header("x-routerd-deployment"));
        Assert.Equal(reply.Header("x-request-id"), reply.Header("request-id"));
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"claude/a","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/messages", """{"model":"chat/o","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/responses", """{"model":"claude/a","stream":true,"input":"hi"}""")]
    [InlineData("/v1/chat/completions", """{"model":"claude/a","stream":true,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/api/chat", """{"model":"claude/a","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/infer", """{"model":"claude/a","stream":true,"prompt":"hi"}""")]
    public async Task EveryStreamSaysHowItWasRoutedAndCanExplain(string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Chat.Json(body) };
        request.Headers.Add("x-routerd-explain", "1");
        using HttpResponseMessage response = await fleet.Client.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        foreach (string header in (string[])["x-request-id", "x-routerd-deployment", "x-routerd-decision", "x-routerd-reason", "x-routerd-attempts"])
            Assert.True(response.Headers.Contains(header), $"{path}: no {header}");
        Assert.Equal(path == "/api/chat" ? "application/x-ndjson" : "text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("\"routerd\":{\"deployment\":", text);
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"nope","max_tokens":6,"messages":[{"role":"user","content":"hi"}]}""", 404, "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":")]
    [InlineData("/v1/messages", """{"model":"chat/o","max_tokens":6,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"web_search_20250305","name":"web_search"}]}""", 422, "tools[0].type")]
    [InlineData("/v1/messages", """{"model":"chat/o","max_tokens":6,"messages":[}""", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"The body is not JSON: it breaks at byte")]
    [InlineData("/v1/messages", """{"model":"claude/a","max_tokens":6,"messages":[{"role":"user","content":"fail 400"}]}""", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"as you wished\"},\"request_id\":\"req_up\"}")]
    [InlineData("/v1/chat/completions", """{"model":"claude/a","messages":[{"role":"user","content":"fail 400"}]}""", 400, "{\"error\":{\"message\":\"as you wished\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}")]
    [InlineData("/v1/chat/completions", """{"model":"claude/a","n":2,"messages":[{"role":"user","content":"hi"}]}""", 422, "\"param\":\"n\"")]
    [InlineData("/v1/embeddings", """{"model":"claude/a","input":"hi"}""", 422, "\"code\":\"impossible\"")]
    [InlineData("/api/chat", """{"model":"nope","messages":[{"role":"user","content":"hi"}]}""", 404, "{\"error\":\"There is no model \\\"nope\\\"")]
    [InlineData("/api/show", """{"model":"nope"}""", 404, "{\"error\":\"model 'nope' not found\"}")]
    [InlineData("/v1/responses", """{"model":"chat/o","input":"hi","tools":[{"type":"file_search"}]}""", 422, "\"param\":\"tools[0].type\"")]
    [InlineData("/infer", """{"model":"chat/o"}""", 400, "\"param\":\"prompt\"")]
    public async Task ErrorsHaveTheirDialectsEnvelope(string path, string body, int status, string expected)
    {
        ChatReply reply = await fleet.Client.AskAsync(path, Chat.Json(body));
        Assert.Equal(status, reply.Status);
        Assert.Contains(expected, reply.Body);
        Assert.Equal("application/json", reply.Header("Content-Type"));
    }

    [Fact]
    public async Task WhatOneCannotSayGoesToTheOther()
    {
        // Both could take it, but only one speaks the dialect of the tool, or of the parameter.
        ChatReply hosted = await fleet.Client.AskAsync("/v1/messages", Chat.Json("""{"model":"both","max_tokens":6,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"web_search_20250305","name":"web_search"}]}"""));
        Assert.Equal((200, "claude/a"), (hosted.Status, hosted.Header("x-routerd-deployment")));
        ChatReply biased = await fleet.Client.AskAsync(Chat.Body("both", "hi", ("n", 1), ("logprobs", false)));
        Assert.Equal(200, biased.Status);
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"MODEL","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"tear"}]}""", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"")]
    [InlineData("/v1/responses", """{"model":"MODEL","stream":true,"input":"tear"}""", "event: error\ndata: {\"type\":\"error\",\"sequence_number\":")]
    [InlineData("/v1/chat/completions", """{"model":"MODEL","stream":true,"messages":[{"role":"user","content":"tear"}]}""", "data: {\"error\":{\"message\":")]
    [InlineData("/api/chat", """{"model":"MODEL","messages":[{"role":"user","content":"tear"}]}""", "\n{\"error\":\"")]
    public async Task ATornStreamEndsWithTheDialectsError(string path, string body, string expected)
    {
        foreach (string model in (string[])[DialectFleet.OpenAiModel, DialectFleet.AnthropicModel])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Chat.Json(body.Replace("MODEL", model, StringComparison.Ordinal)) };
            using HttpResponseMessage response = await fleet.Client.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains(expected, text);
            Assert.DoesNotContain("[DONE]", text);
            Assert.DoesNotContain("message_stop", text);
            Assert.DoesNotContain("response.completed", text);
            Assert.DoesNotContain("\"done\":true", text);
        }
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"claude/a","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/chat/completions", """{"model":"claude/a","stream":true,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/responses", """{"model":"claude/a","input":"hi"}""")]
    [InlineData("/api/chat", """{"model":"claude/a","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/infer", """{"model":"claude/a","prompt":"hi"}""")]
    public async Task UsageIsBilledTheSame(string path, string body)
    {
        ChatReply reply = await fleet.Client.AskAsync(path, Chat.Json(body));
        string id = reply.Header("x-request-id")!;
        using var db = new ContextDb(fleet.Daemon.Home);
        await Eventually.TrueAsync(() => db.Number($"SELECT count(*) FROM requests WHERE id = '{id}' AND input_tokens = 25 AND output_tokens = 9 AND abs(cost_usd - (25 * 3 + 9 * 15) * 1e-6) < 1e-9") == 1, TimeSpan.FromSeconds(10), () => $"{path}: no row that bills 25 and 9 tokens for {id}");
    }

    [Fact]
    public async Task AClientThatGoesAwayCancelsTheUpstream()
    {
        using var cancel = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = Chat.Json("""{"model":"claude/a","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"stall"}]}""") };
        using HttpResponseMessage response = await fleet.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel.Token);
        await using (Stream body = await response.Content.ReadAsStreamAsync())
            Assert.True(await body.ReadAsync(new byte[64]) > 0);
        response.Dispose();
        await fleet.Anthropic.ClientGone.Task.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task InferIsTheLocalAgentsContract()
    {
        ChatReply whole = await fleet.Client.AskAsync("/infer", Chat.Json("""{"prompt":"What is 7 + 8?","temperature":0}"""));
        Assert.Equal((200, "7 + 8 = 15."), (whole.Status, whole.Json.GetProperty("text").GetString()));
        Assert.EndsWith("/local", whole.Header("x-routerd-deployment"));
        Assert.True(whole.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32() > 3);
        Assert.True(whole.Json.GetProperty("timing").GetProperty("total_ms").GetDouble() > 0);
        ChatReply streamed = await fleet.Client.AskAsync("/infer", Chat.Json("""{"prompt":"What is 7 + 8?","temperature":0,"stream":true}"""));
        List<JsonElement> events = [.. streamed.Body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(e => e != "data: [DONE]").Select(e => Chat.Parse(e["data: ".Length..]))];
        Assert.Equal("7 + 8 = 15.", string.Concat(events.Select(e => e.GetProperty("text").GetString())));
        Assert.True(events[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32() > 3);
        Assert.EndsWith("data: [DONE]\n\n", streamed.Body);
        // The defaults of the contract.
        await fleet.Client.AskAsync("/infer", Chat.Json("""{"model":"chat/o","prompt":"hi"}"""));
        JsonNode sent = JsonNode.Parse(fleet.OpenAi.Posts[^1].BodyText)!;
        Assert.Equal((512, 0.7), ((int)sent["max_tokens"]!, (double)sent["temperature"]!));
    }

    [Fact]
    public async Task OllamaUnloadsAndLoads()
    {
        Assert.Contains("\"done_reason\":\"unload\"", (await fleet.Client.AskAsync("/api/generate", Chat.Json("""{"model":"tiny:latest","keep_alive":0}"""))).Body);
        Assert.DoesNotContain("\"name\":\"tiny\"", await fleet.Client.GetStringAsync("/api/ps"));
        Assert.Contains("\"done_reason\":\"load\"", (await fleet.Client.AskAsync("/api/chat", Chat.Json("""{"model":"tiny","messages":[]}"""))).Body);
        Assert.Contains("\"name\":\"tiny\"", await fleet.Client.GetStringAsync("/api/ps"));
    }

    [Fact]
    public async Task AnthropicsKeyHeaderIsAccepted()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = "auth: { required: true }\nadmin: { key_env: ADMIN_KEY }\n",
            Environment = new Dictionary<string, string> { ["ADMIN_KEY"] = "sk-admin" },
            WaitReady = true,
        });
        HttpContent Body() => Chat.Json("""{"model":"tiny","max_tokens":8,"messages":[{"role":"user","content":"hi"}]}""");
        ChatReply without = await daemon.Client.AskAsync("/v1/messages", Body());
        Assert.Equal((401, "authentication_error"), (without.Status, without.Error.GetProperty("type").GetString()));
        Assert.Equal(401, (await daemon.Client.AskAsync("/v1/messages", Body(), ("x-api-key", "sk-other"))).Status);
        Assert.Equal(200, (await daemon.Client.AskAsync("/v1/messages", Body(), ("x-api-key", "sk-admin"))).Status);
    }

    [Fact]
    public async Task OllamaSaysWhatItsModelsCanDo()
    {
        await using OllamaUpstream upstream = await OllamaUpstream.StartAsync();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = $"backends:\n  - id: o\n    kind: ollama\n    url: {upstream.Url}\n", NoModel = true });
        JsonElement[] models = [];
        await Eventually.TrueAsync(
            async () => (models = [.. Chat.Parse(await daemon.Client.GetStringAsync("/v1/models")).GetProperty("data").EnumerateArray().Where(m => m.TryGetProperty("capabilities", out _))]).Length == 3,
            TimeSpan.FromSeconds(10),
            () => daemon.Log);
        string Of(string id) => models.Single(m => m.GetProperty("id").GetString() == id).GetProperty("capabilities").GetRawText();
        Assert.Equal("[\"chat\",\"completion\",\"tools\",\"json_object\",\"json_schema\",\"vision\"]", Of("seer:8b/o"));
        Assert.Equal("[\"embeddings\"]", Of("vectors:latest/o"));
        Assert.Contains("audio", Of("old:latest/o"));
        Assert.Equal(16384, models.Single(m => m.GetProperty("id").GetString() == "seer:8b/o").GetProperty("context_length").GetInt32());
        Assert.Equal(3, upstream.Shows);
        ChatReply chat = await daemon.Client.AskAsync(Chat.Body("vectors:latest/o", "hi"));
        Assert.Equal(422, chat.Status);
    }

    [Fact]
    public async Task ModelsOfAnthropicAreDiscovered()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = $"backends:\n  - id: a\n    kind: anthropic\n    url: {fleet.Anthropic.Url}v1\n",
            NoModel = true,
        });
        await Eventually.TrueAsync(async () => (await daemon.Client.GetStringAsync("/v1/models")).Contains("claude-mock/a", StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => daemon.Log);
    }
}
