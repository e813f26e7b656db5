using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>OpenAI's chat chunks as events of OpenAI's Responses.</summary>
internal sealed class ResponsesTranslator(InferenceCall call, ResponsesDialect dialect) : ChatTranslator
{
    private readonly List<ResponseItem> _items = [];
    private readonly List<ResponseItem?> _calls = [];
    private ResponseItem? _open;
    private bool _begun;

    private string Id => "resp_" + call.Context.RequestId;

    protected override void WriteChunk(IBufferWriter<byte> output, ChatDelta chunk)
    {
        using var events = new ResponseEvents(output, dialect);
        Begin(events);
        Text(events, ResponseItemKind.Reasoning, chunk.Reasoning);
        Text(events, ResponseItemKind.Message, chunk.Text);
        Text(events, ResponseItemKind.Refusal, chunk.Refusal);
        foreach (var piece in chunk.ToolCalls)
        {
            Call(events, piece);
        }
    }

    protected override void WriteEnd(IBufferWriter<byte> output, InferenceCall call)
    {
        using var events = new ResponseEvents(output, dialect);
        Begin(events);
        Close(events);
        dialect.Remember(Id, _items, stored => WriteResponse(stored, Status));
        events.Write("response." + Status, json =>
        {
            json.WritePropertyName("response");
            WriteResponse(json, Status);
        });
    }

    protected override void WriteAnswer(Utf8JsonWriter json, ChatDelta answer, InferenceCall call)
    {
        Whole(ResponseItemKind.Reasoning, answer.Reasoning);
        Whole(ResponseItemKind.Message, answer.Text);
        Whole(ResponseItemKind.Refusal, answer.Refusal);
        foreach (var tool in answer.ToolCalls)
        {
            NewItem(ResponseItemKind.Call, tool).Text.Append(tool.Arguments);
        }

        dialect.Remember(Id, _items, stored => WriteResponse(stored, Status));
        WriteResponse(json, Status);
    }

    private string Status => FinishReason is "length" or "content_filter" ? "incomplete" : "completed";

    private void Whole(ResponseItemKind kind, string text)
    {
        if (text.Length > 0)
        {
            NewItem(kind).Text.Append(text);
        }
    }

    private ResponseItem NewItem(ResponseItemKind kind, ChatToolCall tool = default)
    {
        var requestId = call.Context.RequestId;
        var callId = tool.Id ?? string.Create(CultureInfo.InvariantCulture, $"call_{requestId}_{_items.Count}");
        var item = new ResponseItem(kind, ResponseItem.IdOf(kind, requestId, _items.Count), callId, tool.Name);
        _items.Add(item);
        return item;
    }

    private void Begin(ResponseEvents events)
    {
        if (_begun)
        {
            return;
        }

        _begun = true;
        foreach (var type in (string[])["response.created", "response.in_progress"])
        {
            events.Write(type, json =>
            {
                json.WritePropertyName("response");
                WriteResponse(json, "in_progress");
            });
        }
    }

    private void Text(ResponseEvents events, ResponseItemKind kind, string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        if (_open?.Kind != kind)
        {
            Close(events);
            Open(events, NewItem(kind));
        }

        _open!.Text.Append(text);
        events.WriteDelta(_open, _items.Count - 1, text);
    }

    private void Call(ResponseEvents events, in ChatToolCall piece)
    {
        while (_calls.Count <= piece.Index)
        {
            _calls.Add(null);
        }

        if (_calls[piece.Index] is not { } item)
        {
            Close(events);
            item = NewItem(ResponseItemKind.Call, piece);
            _calls[piece.Index] = item;
            Open(events, item);
        }

        if (piece.Arguments.Length > 0)
        {
            item.Text.Append(piece.Arguments);
            events.WriteDelta(item, _items.IndexOf(item), piece.Arguments);
        }
    }

    private void Open(ResponseEvents events, ResponseItem item)
    {
        _open = item;
        events.WriteOpen(item, _items.Count - 1);
    }

    private void Close(ResponseEvents events)
    {
        if (_open is { } item)
        {
            events.WriteClose(item, _items.IndexOf(item));
            _open = null;
        }
    }

    private void WriteResponse(Utf8JsonWriter json, string status)
    {
        var isDone = status != "in_progress";
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("object", "response");
        json.WriteNumber("created_at", call.Context.StartedUnixSeconds);
        json.WriteString("status", status);
        json.WriteBoolean("background", false);
        json.WriteNull("error");
        if (status == "incomplete")
        {
            json.WriteStartObject("incomplete_details");
            json.WriteString("reason", FinishReason == "length" ? "max_output_tokens" : "content_filter");
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("incomplete_details");
        }

        json.WriteString("model", call.Deployment?.ModelId ?? call.ModelName);
        json.WriteStartArray("output");
        foreach (var item in _items)
        {
            item.Write(json, isDone);
        }

        json.WriteEndArray();
        ResponseEcho.Write(json, dialect.Echo);
        WriteUsage(json, isDone);
        if (isDone && ClosingMetadata.IsDue(call) && call.Peek.Stream)
        {
            json.WritePropertyName("routerd");
            ClosingMetadata.Write(json, call);
        }

        json.WriteEndObject();
    }

    private void WriteUsage(Utf8JsonWriter json, bool isDone)
    {
        if (!isDone)
        {
            json.WriteNull("usage");
            return;
        }

        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", Usage.PromptTokens);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", Usage.CachedTokens);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", Usage.CompletionTokens);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", Usage.ReasoningTokens);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", Usage.PromptTokens + Usage.CompletionTokens);
        json.WriteEndObject();
    }
}
