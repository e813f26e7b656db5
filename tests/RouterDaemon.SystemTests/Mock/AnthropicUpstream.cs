using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RouterDaemon.SystemTests.Mock;

/// <summary>
/// An upstream that speaks Anthropic's Messages, written after the public API reference: tools are called once and their result is
/// repeated, images are noticed, schemas answered, thinking shown. The last user text steers: <c>fail 529</c>, <c>tear</c>, <c>stall</c>.
/// </summary>
public sealed class AnthropicUpstream : IAsyncDisposable
{
    public const string Answer = "Hello from the other side – ünï.";
    private readonly WebApplication _app;

    private AnthropicUpstream(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Requests in their order.</summary>
    public ConcurrentQueue<AnthropicRequest> Requests { get; } = [];

    public AnthropicRequest Last => Requests.Last();

    /// <summary>Completed when a client of a stalled stream has gone.</summary>
    public TaskCompletionSource ClientGone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<AnthropicUpstream> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var upstream = new AnthropicUpstream(app);
        app.Run(upstream.HandleAsync);
        await app.StartAsync();
        return upstream;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext http)
    {
        if (http.Request.Path == "/v1/models")
        {
            await http.Response.WriteAsJsonAsync(new { data = new[] { new { type = "model", id = "claude-mock", display_name = "Mock", created_at = "2026-01-01T00:00:00Z" } }, has_more = false, first_id = "claude-mock", last_id = "claude-mock" });
            return;
        }

        using var reader = new StreamReader(http.Request.Body);
        string text = await reader.ReadToEndAsync();
        Requests.Enqueue(new AnthropicRequest(http.Request.Path, http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), text));
        JsonNode body = JsonNode.Parse(text)!;
        if (http.Request.Path == "/v1/messages/count_tokens")
        {
            await http.Response.WriteAsJsonAsync(new { input_tokens = 4711 });
            return;
        }

        string? refusal = Refusal(http, body);
        string wish = LastText(body);
        if (refusal is not null || wish.StartsWith("fail ", StringComparison.Ordinal))
        {
            int status = refusal is not null ? 400 : int.Parse(wish[5..]);
            http.Response.StatusCode = status;
            http.Response.Headers["retry-after"] = "1";
            await http.Response.WriteAsJsonAsync(new { type = "error", error = new { type = status == 529 ? "overloaded_error" : "invalid_request_error", message = refusal ?? "as you wished" }, request_id = "req_up" });
            return;
        }

        List<JsonObject> blocks = Blocks(body, wish);
        string stop = blocks.Exists(b => (string?)b["type"] == "tool_use") ? "tool_use" : "end_turn";
        if ((bool?)body["stream"] == true)
            await StreamAsync(http, body, blocks, stop, wish);
        else
            await http.Response.WriteAsync(Message(body, new JsonArray([.. blocks]), stop).ToJsonString());
    }

    /// <summary>What the real API would refuse.</summary>
    private static string? Refusal(HttpContext http, JsonNode body) =>
        !http.Request.Headers.ContainsKey("anthropic-version") ? "anthropic-version: header is required"
        : body["max_tokens"] is null ? "max_tokens: Field required"
        : body["messages"] is not JsonArray { Count: > 0 } ? "messages: Field required"
        : (string?)body["model"] != "claude-mock" ? $"model: {body["model"]}"
        : null;

    private static JsonNode? LastContent(JsonNode body) => body["messages"]!.AsArray()[^1]!["content"];

    private static string LastText(JsonNode body) => LastContent(body) switch
    {
        JsonArray parts => parts.Where(p => (string?)p!["type"] == "text").Select(p => (string)p!["text"]!).LastOrDefault() ?? "",
        { } text => (string)text!,
        null => "",
    };

    private static List<JsonObject> Blocks(JsonNode body, string wish)
    {
        var blocks = new List<JsonObject>();
        if ((string?)body["thinking"]?["type"] == "enabled")
            blocks.Add(new JsonObject { ["type"] = "thinking", ["thinking"] = "Let me think.", ["signature"] = "c2ln" });
        JsonNode? result = (LastContent(body) as JsonArray)?.FirstOrDefault(p => (string?)p!["type"] == "tool_result");
        if (body["tools"] is JsonArray { Count: > 0 } tools && result is null)
        {
            blocks.Add(Text("Calling."));
            string name = (string)tools[0]!["name"]!;
            // Some clients ask for structured answers by a tool of this name.
            JsonObject input = name == "json" ? new JsonObject { ["answer"] = 42 } : new JsonObject { ["city"] = "Paris" };
            blocks.Add(new JsonObject { ["type"] = "tool_use", ["id"] = "toolu_1", ["name"] = name, ["input"] = input });
        }
        else if (result is not null)
        {
            blocks.Add(Text("The tool said: " + (result["content"] is JsonArray parts ? (string)parts[0]!["text"]! : (string)result["content"]!)));
        }
        else if (body["output_config"]?["format"] is not null)
        {
            blocks.Add(Text("{\"answer\":42}"));
        }
        else
        {
            string? image = (LastContent(body) as JsonArray)?.Where(p => (string?)p!["type"] == "image").Select(p => (string?)p!["source"]!["media_type"] ?? (string?)p["source"]!["url"]).FirstOrDefault();
            blocks.Add(Text(image is null ? wish == "system" ? body["system"]!.ToJsonString() : Answer : $"An image: {image}"));
        }

        return blocks;
    }

    private static JsonObject Text(string text) => new() { ["type"] = "text", ["text"] = text };

    private static JsonObject Message(JsonNode body, JsonArray content, string? stop) => new()
    {
        ["id"] = "msg_mock",
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = (string)body["model"]!,
        ["content"] = content,
        ["stop_reason"] = stop,
        ["stop_sequence"] = null,
        ["usage"] = new JsonObject { ["input_tokens"] = 20, ["cache_creation_input_tokens"] = 0, ["cache_read_input_tokens"] = 5, ["output_tokens"] = stop is null ? 1 : 9 },
    };

    private async Task StreamAsync(HttpContext http, JsonNode body, List<JsonObject> blocks, string stop, string wish)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        await SendAsync(http, "message_start", new JsonObject { ["type"] = "message_start", ["message"] = Message(body, [], null) });
        await SendAsync(http, "ping", new JsonObject { ["type"] = "ping" });
        for (int i = 0; i < blocks.Count; i++)
        {
            JsonObject start = blocks[i].DeepClone().AsObject();
            (string delta, string field, string whole) = (string)blocks[i]["type"]! switch
            {
                "text" => ("text_delta", "text", (string)blocks[i]["text"]!),
                "thinking" => ("thinking_delta", "thinking", (string)blocks[i]["thinking"]!),
                _ => ("input_json_delta", "partial_json", blocks[i]["input"]!.ToJsonString()),
            };
            start[delta == "input_json_delta" ? "input" : field] = delta == "input_json_delta" ? new JsonObject() : "";
            await SendAsync(http, "content_block_start", new JsonObject { ["type"] = "content_block_start", ["index"] = i, ["content_block"] = start });
            foreach (string piece in Pieces(whole))
            {
                await SendAsync(http, "content_block_delta", new JsonObject { ["type"] = "content_block_delta", ["index"] = i, ["delta"] = new JsonObject { ["type"] = delta, [field] = piece } });
                if (wish == "tear")
                {
                    // A reset overtakes what was sent before it: let the piece arrive.
                    await Task.Delay(200);
                    http.Abort();
                    return;
                }

                if (wish == "stall")
                {
                    http.RequestAborted.Register(() => ClientGone.TrySetResult());
                    await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                    return;
                }
            }

            await SendAsync(http, "content_block_stop", new JsonObject { ["type"] = "content_block_stop", ["index"] = i });
        }

        await SendAsync(http, "message_delta", new JsonObject { ["type"] = "message_delta", ["delta"] = new JsonObject { ["stop_reason"] = stop, ["stop_sequence"] = null }, ["usage"] = new JsonObject { ["output_tokens"] = 9 } });
        await SendAsync(http, "message_stop", new JsonObject { ["type"] = "message_stop" });
    }

    private static IEnumerable<string> Pieces(string text)
    {
        for (int at = 0; at < text.Length; at += 7)
            yield return text.Substring(at, Math.Min(7, text.Length - at));
    }

    private static async Task SendAsync(HttpContext http, string name, JsonObject data)
    {
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"event: {name}\ndata: {data.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })}\n\n"));
        await http.Response.Body.FlushAsync();
    }
}
