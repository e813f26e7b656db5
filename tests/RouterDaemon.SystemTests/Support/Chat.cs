using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RouterDaemon.SystemTests.Support;

/// <summary>Requests as clients write them.</summary>
public static class Chat
{
    public const string Path = "/v1/chat/completions";

    /// <summary>A chat body with one user message and further members.</summary>
    public static JsonObject Body(string model, string prompt, params (string Name, JsonNode? Value)[] members)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
        };
        foreach ((string name, JsonNode? value) in members)
            body[name] = value;
        return body;
    }

    public static HttpContent Json(string body) =>
        new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    public static HttpContent Json(JsonNode body) => Json(body.ToJsonString());

    /// <summary>Posts and reads the whole answer.</summary>
    public static async Task<ChatReply> AskAsync(this HttpClient client, JsonNode body, params (string Name, string Value)[] headers) =>
        await client.AskAsync(Path, Json(body), headers);

    /// <summary>Posts and reads the whole answer.</summary>
    public static async Task<ChatReply> AskAsync(this HttpClient client, string path, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await client.SendAsync(request);
        return await ChatReply.ReadAsync(response);
    }

    /// <summary>Posts with <c>stream: true</c> and reads the events up to the end.</summary>
    public static async Task<StreamReply> StreamAsync(this HttpClient client, JsonObject body, CancellationToken cancel = default)
    {
        body["stream"] = true;
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Json(body) };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        return await StreamReply.ReadAsync(response, cancel);
    }

    public static JsonElement Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"not JSON ({e.Message}): {text}");
        }
    }
}
