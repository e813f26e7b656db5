using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Anthropic;

/// <summary>OpenAI's chat chunks as events of Anthropic's Messages.</summary>
internal sealed class AnthropicTranslator(InferenceCall call) : ChatTranslator
{
    private enum Block
    {
        None,
        Text,
        Thinking,
        Tool,
    }

    private readonly List<int> _toolBlocks = [];
    private Block _open;
    private int _openTool;
    private int _next;
    private bool _begun;
    private bool _refused;

    protected override void WriteChunk(IBufferWriter<byte> output, ChatDelta chunk)
    {
        using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
        Begin(output, json);
        if (chunk.Reasoning.Length > 0)
        {
            Open(output, json, Block.Thinking);
            Delta(output, json, _next - 1, "thinking_delta", "thinking", chunk.Reasoning);
        }

        _refused |= chunk.Refusal.Length > 0;
        if (chunk.Text.Length > 0 || chunk.Refusal.Length > 0)
        {
            Open(output, json, Block.Text);
            Delta(output, json, _next - 1, "text_delta", "text", chunk.Text + chunk.Refusal);
        }

        foreach (var tool in chunk.ToolCalls)
        {
            var block = ToolBlock(output, json, tool);
            if (tool.Arguments.Length > 0)
            {
                Delta(output, json, block, "input_json_delta", "partial_json", tool.Arguments);
            }
        }
    }

    protected override void WriteEnd(IBufferWriter<byte> output, InferenceCall call)
    {
        using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
        Begin(output, json);
        Close(output, json);
        BeginEvent(output, json, "message_delta");
        json.WriteStartObject("delta");
        json.WriteString("stop_reason", StopReason());
        json.WriteString("stop_sequence", StopSequence);
        json.WriteEndObject();
        WriteUsage(json);
        EndEvent(output, json);
        BeginEvent(output, json, "message_stop");
        if (ClosingMetadata.IsDue(call))
        {
            json.WritePropertyName("routerd");
            ClosingMetadata.Write(json, call);
        }

        EndEvent(output, json);
    }

    protected override void WriteAnswer(Utf8JsonWriter json, ChatDelta answer, InferenceCall call)
    {
        json.WriteStartObject();
        WriteHead(json);
        json.WriteStartArray("content");
        if (answer.Reasoning.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "thinking");
            json.WriteString("thinking", answer.Reasoning);
            json.WriteString("signature", "");
            json.WriteEndObject();
        }

        _refused = answer.Refusal.Length > 0;
        if (answer.Text.Length > 0 || answer.Refusal.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", answer.Text + answer.Refusal);
            json.WriteEndObject();
        }

        foreach (var tool in answer.ToolCalls)
        {
            _toolBlocks.Add(0);
            json.WriteStartObject();
            json.WriteString("type", "tool_use");
            json.WriteString("id", tool.Id ?? ToolId(tool.Index));
            json.WriteString("name", tool.Name ?? "");
            json.WritePropertyName("input");
            WriteInput(json, tool.Arguments);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("stop_reason", StopReason());
        json.WriteString("stop_sequence", StopSequence);
        WriteUsage(json);
        json.WriteEndObject();
    }

    /// <summary>Anthropic promises an object; what a model wrote instead is kept as text.</summary>
    private static void WriteInput(Utf8JsonWriter json, string arguments)
    {
        if (JsonText.IsObject(arguments))
        {
            json.WriteRawValue(arguments);
            return;
        }

        json.WriteStartObject();
        if (arguments.Length > 0)
        {
            json.WriteString("arguments", arguments);
        }

        json.WriteEndObject();
    }

    private string StopReason() => _refused ? "refusal" : StopReasons.FromChat(FinishReason, StopSequence, _toolBlocks.Count > 0);

    private string ToolId(int index) => $"toolu_{call.Context.RequestId}_{index}";

    private void Begin(IBufferWriter<byte> output, Utf8JsonWriter json)
    {
        if (_begun)
        {
            return;
        }

        _begun = true;
        BeginEvent(output, json, "message_start");
        json.WriteStartObject("message");
        WriteHead(json);
        json.WriteStartArray("content");
        json.WriteEndArray();
        json.WriteNull("stop_reason");
        json.WriteNull("stop_sequence");
        // The upstream counts when it ends: until message_delta says the numbers, the prompt's is the router's estimate.
        WriteUsage(json, call.Route.PromptTokens, 0, 0);
        json.WriteEndObject();
        EndEvent(output, json);
    }

    private void WriteHead(Utf8JsonWriter json)
    {
        json.WriteString("id", "msg_" + call.Context.RequestId);
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteString("model", call.Deployment?.ModelId ?? call.ModelName);
    }

    private int ToolBlock(IBufferWriter<byte> output, Utf8JsonWriter json, in ChatToolCall tool)
    {
        while (_toolBlocks.Count <= tool.Index)
        {
            _toolBlocks.Add(-1);
        }

        if (_toolBlocks[tool.Index] >= 0)
        {
            return _toolBlocks[tool.Index];
        }

        Close(output, json);
        var block = _next++;
        _toolBlocks[tool.Index] = block;
        (_open, _openTool) = (Block.Tool, block);
        BeginEvent(output, json, "content_block_start");
        json.WriteNumber("index", block);
        json.WriteStartObject("content_block");
        json.WriteString("type", "tool_use");
        json.WriteString("id", tool.Id ?? ToolId(tool.Index));
        json.WriteString("name", tool.Name ?? "");
        json.WriteStartObject("input");
        json.WriteEndObject();
        json.WriteEndObject();
        EndEvent(output, json);
        return block;
    }

    private void Open(IBufferWriter<byte> output, Utf8JsonWriter json, Block block)
    {
        if (_open == block)
        {
            return;
        }

        Close(output, json);
        _open = block;
        BeginEvent(output, json, "content_block_start");
        json.WriteNumber("index", _next++);
        json.WriteStartObject("content_block");
        if (block == Block.Text)
        {
            json.WriteString("type", "text");
            json.WriteString("text", "");
        }
        else
        {
            json.WriteString("type", "thinking");
            json.WriteString("thinking", "");
            json.WriteString("signature", "");
        }

        json.WriteEndObject();
        EndEvent(output, json);
    }

    private void Close(IBufferWriter<byte> output, Utf8JsonWriter json)
    {
        if (_open == Block.None)
        {
            return;
        }

        BeginEvent(output, json, "content_block_stop");
        json.WriteNumber("index", _open == Block.Tool ? _openTool : _next - 1);
        EndEvent(output, json);
        _open = Block.None;
    }

    private static void Delta(IBufferWriter<byte> output, Utf8JsonWriter json, int index, string type, string name, string text)
    {
        BeginEvent(output, json, "content_block_delta");
        json.WriteNumber("index", index);
        json.WriteStartObject("delta");
        json.WriteString("type", type);
        json.WriteString(name, text);
        json.WriteEndObject();
        EndEvent(output, json);
    }

    private void WriteUsage(Utf8JsonWriter json) =>
        WriteUsage(json, Usage.PromptTokens - Usage.CachedTokens, Usage.CachedTokens, Usage.CompletionTokens);

    private static void WriteUsage(Utf8JsonWriter json, int input, int cached, int completion)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", input);
        json.WriteNumber("cache_creation_input_tokens", 0);
        json.WriteNumber("cache_read_input_tokens", cached);
        json.WriteNumber("output_tokens", completion);
        json.WriteEndObject();
    }

    private static void BeginEvent(IBufferWriter<byte> output, Utf8JsonWriter json, string type)
    {
        SseWriter.Begin(output, type);
        json.Reset(output);
        json.WriteStartObject();
        json.WriteString("type", type);
    }

    private static void EndEvent(IBufferWriter<byte> output, Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
        SseWriter.End(output);
    }
}
