using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http;
using RouterDaemon.Relay.Translation;
using RouterDaemon.Relay.Translation.Anthropic;

namespace RouterDaemon.Backends.AnthropicApi;

/// <summary>Events of Anthropic's Messages as chunks of OpenAI's chat.</summary>
internal sealed class MessagesEvents(long createdUnixSeconds)
{
    private readonly MessagesUsage _usage = new();
    private readonly List<int> _toolBlocks = [];
    private string _id = "";
    private string _model = "";

    /// <summary>Writes what one event means; nothing for events that OpenAI's dialect has no word for.</summary>
    /// <exception cref="JsonException">It is no event of the dialect.</exception>
    public void Write(ReadOnlyMemory<byte> data, IBufferWriter<byte> output)
    {
        using var document = JsonDocument.Parse(data);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("no object");
        }

        switch (root.Text("type", ""))
        {
            case "message_start" when root.TryGet("message", out var message):
                Start(message, output);
                break;
            case "content_block_start" when root.TryGet("content_block", out var block):
                BlockStart(root, block, output);
                break;
            case "content_block_delta" when root.TryGet("delta", out var delta):
                Delta(root, delta, output);
                break;
            case "message_delta":
                End(root, output);
                break;
            case "message_stop":
                output.Write("data: [DONE]\n\n"u8);
                break;
            case "error":
                Error(root, output);
                break;
        }
    }

    private void Start(JsonElement message, IBufferWriter<byte> output)
    {
        _id = message.Text("id", "message") ?? "";
        _model = message.Text("model", "message") ?? "";
        if (message.TryGet("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            _usage.Take(usage);
        }

        Chunk(output, null, static (json, _) =>
        {
            json.WriteString("role", "assistant");
            json.WriteString("content", "");
        }, 0);
    }

    private void BlockStart(JsonElement root, JsonElement block, IBufferWriter<byte> output)
    {
        switch (block.Text("type", "content_block"))
        {
            case "tool_use":
                _toolBlocks.Add(root.Integer("index", "") ?? -1);
                Chunk(output, null, static (json, call) =>
                {
                    json.WriteStartArray("tool_calls");
                    json.WriteStartObject();
                    json.WriteNumber("index", call.Index);
                    call.Block.Copy("id", json);
                    json.WriteString("type", "function");
                    json.WriteStartObject("function");
                    call.Block.Copy("name", json);
                    json.WriteString("arguments", "");
                    json.WriteEndObject();
                    json.WriteEndObject();
                    json.WriteEndArray();
                }, (Index: _toolBlocks.Count - 1, Block: block));
                break;
            case "text" when block.Text("text", "content_block") is { Length: > 0 } text:
                Text(output, "content", text);
                break;
            case "thinking" when block.Text("thinking", "content_block") is { Length: > 0 } thinking:
                Text(output, "reasoning_content", thinking);
                break;
        }
    }

    private void Delta(JsonElement root, JsonElement delta, IBufferWriter<byte> output)
    {
        switch (delta.Text("type", "delta"))
        {
            case "text_delta":
                Text(output, "content", delta.Text("text", "delta") ?? "");
                break;
            case "thinking_delta":
                Text(output, "reasoning_content", delta.Text("thinking", "delta") ?? "");
                break;
            case "input_json_delta" when delta.Text("partial_json", "delta") is { Length: > 0 } piece:
                var index = _toolBlocks.IndexOf(root.Integer("index", "") ?? -1);
                if (index < 0)
                {
                    // Input of a tool that runs on Anthropic's side.
                    return;
                }

                Chunk(output, null, static (json, call) =>
                {
                    json.WriteStartArray("tool_calls");
                    json.WriteStartObject();
                    json.WriteNumber("index", call.Index);
                    json.WriteStartObject("function");
                    json.WriteString("arguments", call.Piece);
                    json.WriteEndObject();
                    json.WriteEndObject();
                    json.WriteEndArray();
                }, (Index: index, Piece: piece));
                break;
        }
    }

    private void Text(IBufferWriter<byte> output, string name, string text) =>
        Chunk(output, null, static (json, piece) => json.WriteString(piece.Name, piece.Text), (Name: name, Text: text));

    /// <summary>The finish reason and the usage, which Anthropic says together and OpenAI in two chunks.</summary>
    private void End(JsonElement root, IBufferWriter<byte> output)
    {
        if (root.TryGet("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
        {
            _usage.Take(usage);
        }

        var reason = root.TryGet("delta", out var delta) && delta.ValueKind == JsonValueKind.Object ? delta.Text("stop_reason", "delta") : null;
        Chunk(output, StopReasons.ToChat(reason), static (_, _) => { }, 0);
        SseWriter.Begin(output);
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            Head(json);
            json.WriteStartArray("choices");
            json.WriteEndArray();
            _usage.Write(json);
            json.WriteEndObject();
        }

        SseWriter.End(output);
    }

    private static void Error(JsonElement root, IBufferWriter<byte> output)
    {
        SseWriter.Begin(output);
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            json.WriteStartObject();
            root.Copy("error", json);
            json.WriteEndObject();
        }

        SseWriter.End(output);
    }

    private void Chunk<T>(IBufferWriter<byte> output, string? finishReason, Action<Utf8JsonWriter, T> delta, T state)
    {
        SseWriter.Begin(output);
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            Head(json);
            json.WriteStartArray("choices");
            json.WriteStartObject();
            json.WriteNumber("index", 0);
            json.WriteStartObject("delta");
            delta(json, state);
            json.WriteEndObject();
            json.WriteString("finish_reason", finishReason);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        SseWriter.End(output);
    }

    private void Head(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", "chat.completion.chunk");
        json.WriteNumber("created", createdUnixSeconds);
        json.WriteString("model", _model);
    }
}
