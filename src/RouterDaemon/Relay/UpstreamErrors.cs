using System.Text;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>Reads an upstream's error answer and decides what it means.</summary>
internal static class UpstreamErrors
{
    private const int MaxShownChars = 300;

    /// <summary>The result of an attempt that was answered with an error status.</summary>
    public static async ValueTask<AttemptResult> ReadAsync(Attempt attempt, BackendResponse response, RelayOptions options)
    {
        var body = new byte[options.MaxErrorBytes];
        var length = 0;
        try
        {
            int read;
            while (length < body.Length && (read = await response.ReadAsync(body.AsMemory(length), attempt.Token).ConfigureAwait(false)) > 0)
            {
                length += read;
            }
        }
        catch (Exception e) when (e is UpstreamException or OperationCanceledException)
        {
            // The status alone decides; its text is a courtesy.
        }

        var text = body.AsMemory(0, length);
        var message = MessageOf(text.Span);
        var status = response.Status;
        if (attempt.Backend.IsRetryable(status))
        {
            var limited = status == 429;
            // What an upstream says of our key may quote it: neither the client nor the log gets it.
            message = status is 401 or 403 ? "" : message;
            return new AttemptResult(limited ? RelayError.UpstreamRateLimited : RelayError.UpstreamStatus, false)
            {
                Message = $"{attempt.Deployment.Id} answered {status}{(message.Length > 0 ? ": " + message : "")}",
                RetryAfter = response.RetryAfter,
                Status = status,
                // llm-d: rejected-* never reached a GPU, evicted* did (llm-d-router, pkg/common/error).
                WasCheap = response.DroppedReason?.StartsWith("rejected", StringComparison.Ordinal) ?? status is 401 or 403 or 404 or 429,
            };
        }

        return new AttemptResult(RelayError.RequestRefused, false)
        {
            Message = message,
            Status = status,
            WasCheap = true,
            ClientBody = IsOpenAiError(text.Span) ? text.ToArray() : null,
            ClientError = new ApiError(status is >= 400 and < 500 ? status : 502, "invalid_request_error", "upstream_refused",
                $"{attempt.Deployment.Id} refused the request ({status}){(message.Length > 0 ? ": " + message : "")}"),
        };
    }

    /// <summary>The human part of an error body: OpenAI's, Ollama's or plain text; cut to a line.</summary>
    public static string MessageOf(ReadOnlySpan<byte> body)
    {
        var text = "";
        try
        {
            var reader = new Utf8JsonReader(body);
            if (JsonElement.TryParseValue(ref reader, out var json) && json is { ValueKind: JsonValueKind.Object } root)
            {
                text = root.TryGetProperty("error", out var error)
                    ? error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var inner) ? inner.ToString() : error.ToString()
                    : root.TryGetProperty("message", out var message) || root.TryGetProperty("detail", out message) ? message.ToString() : "";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            text = Encoding.UTF8.GetString(body);
        }

        var line = new StringBuilder(Math.Min(text.Length, MaxShownChars));
        foreach (var c in text)
        {
            if (line.Length == MaxShownChars)
            {
                break;
            }

            line.Append(char.IsControl(c) ? ' ' : c);
        }

        return line.ToString().Trim();
    }

    private static bool IsOpenAiError(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            return JsonElement.TryParseValue(ref reader, out var json)
                && json is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
