using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http;
using RouterDaemon.Relay.Translation;
using RouterDaemon.Relay.Translation.Anthropic;

namespace RouterDaemon.Backends.AnthropicApi;

/// <summary>A whole answer of Anthropic's Messages as one of OpenAI's chat.</summary>
internal static class MessagesAnswer
{
    /// <summary>Writes the answer.</summary>
    /// <exception cref="JsonException">It is no answer of the dialect.</exception>
    public static void Write(ReadOnlyMemory<byte> answer, IBufferWriter<byte> output, long createdUnixSeconds)
    {
        using var document = JsonDocument.Parse(answer);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGet("content", out var content) || content.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("no content");
        }

        using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
        json.WriteStartObject();
        root.Copy("id", json);
        json.WriteString("object", "chat.completion");
        json.WriteNumber("created", createdUnixSeconds);
        root.Copy("model", json);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        WriteBlocks(json, content);
        json.WriteEndObject();
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", StopReasons.ToChat(root.Text("stop_reason", "")));
        json.WriteEndObject();
        json.WriteEndArray();
        if (root.TryGet("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            new MessagesUsage(usage).Write(json);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes an error in OpenAI's envelope; what is none of Anthropic's goes on as it is.</summary>
    public static void WriteError(ReadOnlyMemory<byte> answer, IBufferWriter<byte> output)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGet("error", out var error) && error.ValueKind == JsonValueKind.Object)
            {
                using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
                json.WriteStartObject();
                json.WriteStartObject("error");
                error.Copy("message", json);
                error.Copy("type", json);
                json.WriteNull("param");
                json.WriteNull("code");
                json.WriteEndObject();
                json.WriteEndObject();
                return;
            }
        }
        catch (JsonException)
        {
            // Plain text of something in between.
        }

        output.Write(answer.Span);
    }

    private static void WriteBlocks(Utf8JsonWriter json, JsonElement content)
    {
        var text = "";
        var thinking = "";
        var calls = 0;
        foreach (var block in content.EnumerateArray())
        {
            text += block.Text("text", "content") ?? "";
            thinking += block.Text("thinking", "content") ?? "";
            calls += block.Text("type", "content") == "tool_use" ? 1 : 0;
        }

        if (text.Length > 0 || calls == 0)
        {
            json.WriteString("content", text);
        }
        else
        {
            json.WriteNull("content");
        }

        if (thinking.Length > 0)
        {
            json.WriteString("reasoning_content", thinking);
        }

        json.WriteNull("refusal");
        if (calls == 0)
        {
            return;
        }

        json.WriteStartArray("tool_calls");
        foreach (var block in content.EnumerateArray())
        {
            if (block.Text("type", "content") != "tool_use")
            {
                continue;
            }

            json.WriteStartObject();
            block.Copy("id", json);
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            block.Copy("name", json);
            json.WriteString("arguments", block.TryGet("input", out var input) ? input.GetRawText() : "{}");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
