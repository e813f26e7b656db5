using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using RouterDaemon.Core;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Inference;

/// <summary>Reads a chat completion stream of this router's as the agent's events.</summary>
internal static class ChatEvents
{
    private const int MaxEventBytes = 4 << 20;

    /// <summary>
    /// Text as it comes, tool calls whole at the end, then one <see cref="InferenceEventKind.Finished"/>. Throws <see cref="InferenceException"/>
    /// when the stream says an error or ends before its end.
    /// </summary>
    public static async IAsyncEnumerable<InferenceEvent> ReadAsync(PipeReader reader, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var answer = new Answer();
        while (!answer.IsDone)
        {
            var read = await reader.ReadAsync(cancellation).ConfigureAwait(false);
            var buffer = read.Buffer;
            var bytes = buffer.IsSingleSegment ? buffer.First : buffer.ToArray();
            var used = 0;
            while (!answer.IsDone && SseScanner.TryReadEvent(bytes.Span[used..], out var sse))
            {
                if (answer.Take(bytes.Span.Slice(used, sse.Length), sse) is { Length: > 0 } text)
                {
                    yield return new InferenceEvent(InferenceEventKind.Text) { Text = text };
                }

                used += sse.Length;
            }

            if (!answer.IsDone && (read.IsCompleted || buffer.Length - used > MaxEventBytes))
            {
                throw new InferenceException(read.IsCompleted ? "the answer ended before its end" : "an event of the answer is too large");
            }

            reader.AdvanceTo(buffer.GetPosition(used), buffer.End);
        }

        foreach (var call in answer.Calls)
        {
            yield return new InferenceEvent(InferenceEventKind.ToolCall)
            {
                ToolCallId = call.Id,
                ToolName = call.Name,
                ArgumentsJson = call.Arguments.ToString(),
            };
        }

        yield return new InferenceEvent(InferenceEventKind.Finished) { Deployment = answer.Deployment, CostUsd = answer.CostUsd };
    }

    /// <summary>The message of an error body; the body itself when it is none of ours.</summary>
    public static string ErrorOf(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var json = JsonDocument.ParseValue(ref reader);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("error", out var error))
            {
                return MessageOf(error);
            }
        }
        catch (JsonException)
        {
            // Said below.
        }

        return $"status {status}";
    }

    private static string MessageOf(JsonElement error) =>
        error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String
            ? message.GetString()! : error.GetRawText();

    private sealed class Call
    {
        public string Id { get; set; } = "";

        public string Name { get; set; } = "";

        public StringBuilder Arguments { get; } = new();
    }

    private sealed class Answer
    {
        private readonly SortedDictionary<int, Call> _calls = [];

        public bool IsDone { get; private set; }

        public string Deployment { get; private set; } = "";

        public double CostUsd { get; private set; }

        public IEnumerable<Call> Calls => _calls.Values;

        /// <summary>Takes one event and answers its text, if it has any.</summary>
        public string? Take(ReadOnlySpan<byte> text, in SseEvent sse)
        {
            if (sse.Kind == SseEventKind.Done)
            {
                IsDone = true;
                return null;
            }

            if (sse.Kind == SseEventKind.Comment)
            {
                return null;
            }

            var data = new byte[sse.Data.Length];
            var length = SseScanner.CopyData(text, sse, data);
            try
            {
                var reader = new Utf8JsonReader(data.AsSpan(0, length));
                using var json = JsonDocument.ParseValue(ref reader);
                return Take(json.RootElement);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw new InferenceException($"an event of the answer cannot be read: {e.Message}", e);
            }
        }

        private string? Take(JsonElement chunk)
        {
            if (chunk.TryGetProperty("error", out var error))
            {
                throw new InferenceException(MessageOf(error));
            }

            if (chunk.TryGetProperty("routerd", out var closing))
            {
                Deployment = closing.GetProperty("deployment").GetString() ?? "";
                CostUsd = closing.GetProperty("actual").GetProperty("cost_usd").GetDouble();
            }

            if (!chunk.TryGetProperty("choices", out var choices) || choices.GetArrayLength() == 0 || !choices[0].TryGetProperty("delta", out var delta)
                || delta.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            if (delta.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array)
            {
                foreach (var part in calls.EnumerateArray())
                {
                    TakeCall(part);
                }
            }

            return delta.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String ? content.GetString() : null;
        }

        private void TakeCall(JsonElement part)
        {
            var index = part.TryGetProperty("index", out var number) ? number.GetInt32() : _calls.Count;
            if (!_calls.TryGetValue(index, out var call))
            {
                _calls[index] = call = new Call();
            }

            if (part.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String)
            {
                call.Id = id.GetString()!;
            }

            if (part.TryGetProperty("function", out var function))
            {
                if (function.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String)
                {
                    call.Name = name.GetString()!;
                }

                if (function.TryGetProperty("arguments", out var arguments) && arguments.ValueKind == JsonValueKind.String)
                {
                    call.Arguments.Append(arguments.GetString());
                }
            }
        }
    }
}
