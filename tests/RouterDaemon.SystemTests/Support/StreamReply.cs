using System.Diagnostics;
using System.Text.Json;

namespace RouterDaemon.SystemTests.Support;

/// <summary>A streamed answer, read line by line up to its end or its break.</summary>
public sealed class StreamReply
{
    public required int Status { get; init; }

    public required Dictionary<string, string> Headers { get; init; }

    /// <summary>Payloads of <c>data:</c> lines but <c>[DONE]</c>.</summary>
    public List<string> Events { get; } = [];

    /// <summary>Names of <c>event:</c> lines.</summary>
    public List<string> EventNames { get; } = [];

    /// <summary>Lines that start with a colon.</summary>
    public List<string> Comments { get; } = [];

    /// <summary>The whole text as received.</summary>
    public string Raw { get; private set; } = "";

    public bool Done { get; private set; }

    /// <summary>Set when the connection broke instead of ending in order.</summary>
    public Exception? Broke { get; private set; }

    /// <summary>Time from the response's head to its end.</summary>
    public TimeSpan Duration { get; private set; }

    public IEnumerable<JsonElement> Chunks => Events.Select(Chat.Parse);

    /// <summary>Chunks that carry text.</summary>
    public IEnumerable<string> Pieces => Chunks.Select(PieceOf).Where(p => p.Length > 0);

    public string Content => string.Concat(Pieces);

    public JsonElement? Usage => Chunks.Where(c => c.TryGetProperty("usage", out JsonElement u) && u.ValueKind == JsonValueKind.Object).Select(c => (JsonElement?)c.GetProperty("usage")).LastOrDefault();

    /// <summary>The in-stream error; null when there is none.</summary>
    public JsonElement? Error => Chunks.Where(c => c.TryGetProperty("error", out _)).Select(c => (JsonElement?)c.GetProperty("error")).LastOrDefault();

    public string? FinishReason => Chunks.Select(c => c.TryGetProperty("choices", out JsonElement choices) && choices.GetArrayLength() > 0 ? choices[0].GetProperty("finish_reason").GetString() : null).LastOrDefault(f => f is not null);

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public static async Task<StreamReply> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var reply = new StreamReply { Status = (int)response.StatusCode, Headers = ChatReply.HeadersOf(response) };
        long start = Stopwatch.GetTimestamp();
        var raw = new System.Text.StringBuilder();
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(cancel);
            using var reader = new StreamReader(body);
            while (await reader.ReadLineAsync(cancel) is { } line)
            {
                raw.AppendLine(line);
                reply.Take(line);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            reply.Broke = e;
        }

        reply.Raw = raw.ToString();
        reply.Duration = Stopwatch.GetElapsedTime(start);
        return reply;
    }

    public override string ToString() => $"{Status} {Raw} {Broke?.Message}";

    private static string PieceOf(JsonElement chunk)
    {
        if (!chunk.TryGetProperty("choices", out JsonElement choices) || choices.GetArrayLength() == 0)
            return "";
        if (choices[0].TryGetProperty("text", out JsonElement text))
            return text.GetString() ?? "";
        return choices[0].TryGetProperty("delta", out JsonElement delta) && delta.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String
            ? content.GetString()!
            : "";
    }

    private void Take(string line)
    {
        if (line.StartsWith(':'))
            Comments.Add(line);
        else if (line.StartsWith("event:", StringComparison.Ordinal))
            EventNames.Add(line[6..].Trim());
        else if (line.StartsWith("data:", StringComparison.Ordinal))
        {
            string data = line[5..].Trim();
            if (data == "[DONE]")
                Done = true;
            else
                Events.Add(data);
        }
    }
}
