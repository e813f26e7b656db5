using System.Text.Json;

namespace RouterDaemon.SystemTests.Support;

/// <summary>A whole answer.</summary>
public sealed class ChatReply
{
    private JsonElement? _json;

    public required int Status { get; init; }

    public required string Body { get; init; }

    public required Dictionary<string, string> Headers { get; init; }

    public JsonElement Json => _json ??= Chat.Parse(Body);

    public string Content => Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    public string FinishReason => Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString()!;

    public JsonElement Error => Json.GetProperty("error");

    public string? ErrorCode => Error.GetProperty("code").GetString();

    public string ErrorMessage => Error.GetProperty("message").GetString()!;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public static async Task<ChatReply> ReadAsync(HttpResponseMessage response) => new()
    {
        Status = (int)response.StatusCode,
        Body = await response.Content.ReadAsStringAsync(),
        Headers = HeadersOf(response),
    };

    public static Dictionary<string, string> HeadersOf(HttpResponseMessage response) =>
        response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);

    public override string ToString() => $"{Status} {Body}";
}
