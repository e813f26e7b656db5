using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>Writes the events of a response, numbered. Disposable because its JSON writer is used for all of them.</summary>
internal sealed class ResponseEvents(IBufferWriter<byte> output, ResponsesDialect dialect) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(output, JsonDefaults.Writer);

    /// <summary>One event.</summary>
    public void Write(string type, Action<Utf8JsonWriter> members)
    {
        SseWriter.Begin(output, type);
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString("type", type);
        _json.WriteNumber("sequence_number", dialect.NextSequence());
        members(_json);
        _json.WriteEndObject();
        _json.Flush();
        SseWriter.End(output);
    }

    /// <summary>An item begins, and its part with it.</summary>
    public void WriteOpen(ResponseItem item, int index)
    {
        Write("response.output_item.added", json =>
        {
            json.WriteNumber("output_index", index);
            json.WritePropertyName("item");
            item.Write(json, isDone: false);
        });
        if (item.Kind != ResponseItemKind.Call)
        {
            WritePart(item, index, "added");
        }
    }

    /// <summary>An item grows.</summary>
    public void WriteDelta(ResponseItem item, int index, string delta) => Write(TextEvent(item) + ".delta", json =>
    {
        WritePlace(json, item, index);
        json.WriteString("delta", delta);
        if (item.Kind == ResponseItemKind.Message)
        {
            json.WriteStartArray("logprobs");
            json.WriteEndArray();
        }
    });

    /// <summary>An item is whole, and its part with it.</summary>
    public void WriteClose(ResponseItem item, int index)
    {
        Write(TextEvent(item) + ".done", json =>
        {
            WritePlace(json, item, index);
            switch (item.Kind)
            {
                case ResponseItemKind.Call:
                    json.WriteString("name", item.Name);
                    json.WriteString("arguments", item.Text.ToString());
                    break;
                case ResponseItemKind.Refusal:
                    json.WriteString("refusal", item.Text.ToString());
                    break;
                default:
                    json.WriteString("text", item.Text.ToString());
                    break;
            }

            if (item.Kind == ResponseItemKind.Message)
            {
                json.WriteStartArray("logprobs");
                json.WriteEndArray();
            }
        });
        if (item.Kind != ResponseItemKind.Call)
        {
            WritePart(item, index, "done");
        }

        Write("response.output_item.done", json =>
        {
            json.WriteNumber("output_index", index);
            json.WritePropertyName("item");
            item.Write(json, isDone: true);
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void WritePart(ResponseItem item, int index, string what) =>
        Write((item.Kind == ResponseItemKind.Reasoning ? "response.reasoning_summary_part." : "response.content_part.") + what, json =>
        {
            WritePlace(json, item, index);
            json.WritePropertyName("part");
            item.WritePart(json);
        });

    private static string TextEvent(ResponseItem item) => item.Kind switch
    {
        ResponseItemKind.Reasoning => "response.reasoning_summary_text",
        ResponseItemKind.Refusal => "response.refusal",
        ResponseItemKind.Call => "response.function_call_arguments",
        _ => "response.output_text",
    };

    private static void WritePlace(Utf8JsonWriter json, ResponseItem item, int index)
    {
        json.WriteString("item_id", item.Id);
        json.WriteNumber("output_index", index);
        if (item.Kind != ResponseItemKind.Call)
        {
            json.WriteNumber(item.Kind == ResponseItemKind.Reasoning ? "summary_index" : "content_index", 0);
        }
    }
}
