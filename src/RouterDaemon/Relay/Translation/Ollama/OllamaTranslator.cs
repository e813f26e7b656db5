using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Ollama;

/// <summary>OpenAI's chunks as Ollama's JSON lines. Ollama sends tool calls whole, so their pieces are gathered.</summary>
internal sealed class OllamaTranslator(InferenceCall call, bool isChat) : ChatTranslator
{
    private readonly List<(string? Id, string Name, StringBuilder Arguments)> _calls = [];

    protected override void WriteChunk(IBufferWriter<byte> output, ChatDelta chunk)
    {
        Gather(chunk);
        var text = chunk.Text + chunk.Refusal;
        if (text.Length == 0 && chunk.Reasoning.Length == 0)
        {
            return;
        }

        Line(output, json =>
        {
            WriteMessage(json, text, chunk.Reasoning, withCalls: false);
            json.WriteBoolean("done", false);
        });
    }

    protected override void WriteEnd(IBufferWriter<byte> output, InferenceCall call)
    {
        if (_calls.Count > 0)
        {
            Line(output, json =>
            {
                WriteMessage(json, "", "", withCalls: true);
                json.WriteBoolean("done", false);
            });
        }

        Line(output, json =>
        {
            WriteMessage(json, "", "", withCalls: false);
            WriteEndMembers(json);
        });
    }

    protected override void WriteAnswer(Utf8JsonWriter json, ChatDelta answer, InferenceCall call)
    {
        Gather(answer);
        json.WriteStartObject();
        WriteHead(json);
        WriteMessage(json, answer.Text + answer.Refusal, answer.Reasoning, withCalls: true);
        WriteEndMembers(json);
        json.WriteEndObject();
    }

    private void Gather(ChatDelta chunk)
    {
        foreach (var piece in chunk.ToolCalls)
        {
            while (_calls.Count <= piece.Index)
            {
                _calls.Add((null, "", new StringBuilder()));
            }

            var known = _calls[piece.Index];
            _calls[piece.Index] = (piece.Id ?? known.Id, piece.Name ?? known.Name, known.Arguments.Append(piece.Arguments));
        }
    }

    private void Line(IBufferWriter<byte> output, Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            json.WriteStartObject();
            WriteHead(json);
            write(json);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private void WriteHead(Utf8JsonWriter json)
    {
        json.WriteString("model", call.ModelName);
        json.WriteString("created_at", OllamaTime.Format(call.Context.StartedUnixMicros + (call.ElapsedNs / 1000)));
    }

    private void WriteMessage(Utf8JsonWriter json, string text, string thinking, bool withCalls)
    {
        if (isChat)
        {
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            json.WriteString("content", text);
        }
        else
        {
            json.WriteString("response", text);
        }

        if (thinking.Length > 0)
        {
            json.WriteString("thinking", thinking);
        }

        if (withCalls && _calls.Count > 0)
        {
            WriteCalls(json);
        }

        if (isChat)
        {
            json.WriteEndObject();
        }
    }

    private void WriteCalls(Utf8JsonWriter json)
    {
        json.WriteStartArray("tool_calls");
        for (var i = 0; i < _calls.Count; i++)
        {
            var (id, name, arguments) = _calls[i];
            json.WriteStartObject();
            json.WriteString("id", id ?? "call_" + i.ToString(CultureInfo.InvariantCulture));
            json.WriteStartObject("function");
            json.WriteNumber("index", i);
            json.WriteString("name", name);
            json.WritePropertyName("arguments");
            var text = arguments.ToString();
            if (JsonText.IsObject(text))
            {
                json.WriteRawValue(text);
            }
            else
            {
                json.WriteStartObject();
                if (text.Length > 0)
                {
                    json.WriteString("arguments", text);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteEndMembers(Utf8JsonWriter json)
    {
        json.WriteBoolean("done", true);
        json.WriteString("done_reason", FinishReason == "length" ? "length" : "stop");
        OllamaTime.WriteDurations(json, call);
        json.WriteNumber("prompt_eval_count", Usage.PromptTokens);
        json.WriteNumber("eval_count", Usage.CompletionTokens);
        if (ClosingMetadata.IsDue(call) && call.Peek.Stream)
        {
            json.WritePropertyName("routerd");
            ClosingMetadata.Write(json, call);
        }
    }
}
