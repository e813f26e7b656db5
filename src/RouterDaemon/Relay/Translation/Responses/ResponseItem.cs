using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>One item of a response's output, growing while it is streamed.</summary>
internal sealed class ResponseItem(ResponseItemKind kind, string id, string? callId = null, string? name = null)
{
    /// <summary>What it is.</summary>
    public ResponseItemKind Kind => kind;

    /// <summary>Its id.</summary>
    public string Id => id;

    /// <summary>Name of the function that is called.</summary>
    public string? Name => name;

    /// <summary>Id that a call's result answers.</summary>
    public string? CallId => callId;

    /// <summary>Text, or a call's arguments.</summary>
    public StringBuilder Text { get; } = new();

    /// <summary>The id of an item of a response: <c>kind_REQUEST_number</c>.</summary>
    public static string IdOf(ResponseItemKind kind, string requestId, int number)
    {
        var prefix = kind switch
        {
            ResponseItemKind.Reasoning => "rs_",
            ResponseItemKind.Call => "fc_",
            _ => "msg_",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}{requestId}_{number}");
    }

    /// <summary>The response that an item belongs to, by the item's id; "" for an id that is not of our making.</summary>
    public static string ResponseIdOf(string itemId)
    {
        var first = itemId.IndexOf('_', StringComparison.Ordinal);
        var last = itemId.LastIndexOf('_');
        return last > first ? "resp_" + itemId[(first + 1)..last] : "";
    }

    /// <summary>Writes the item; without its text while it is in progress.</summary>
    public void Write(Utf8JsonWriter json, bool isDone)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        switch (kind)
        {
            case ResponseItemKind.Reasoning:
                json.WriteString("type", "reasoning");
                json.WriteStartArray("summary");
                if (isDone)
                {
                    WritePart(json);
                }

                json.WriteEndArray();
                break;
            case ResponseItemKind.Call:
                json.WriteString("type", "function_call");
                json.WriteString("status", isDone ? "completed" : "in_progress");
                json.WriteString("call_id", callId);
                json.WriteString("name", name);
                json.WriteString("arguments", isDone ? Text.ToString() : "");
                break;
            default:
                json.WriteString("type", "message");
                json.WriteString("status", isDone ? "completed" : "in_progress");
                json.WriteString("role", "assistant");
                json.WriteStartArray("content");
                if (isDone)
                {
                    WritePart(json);
                }

                json.WriteEndArray();
                break;
        }

        json.WriteEndObject();
    }

    /// <summary>Writes its only part, with the text as far as it is there.</summary>
    public void WritePart(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        switch (kind)
        {
            case ResponseItemKind.Reasoning:
                json.WriteString("type", "summary_text");
                json.WriteString("text", Text.ToString());
                break;
            case ResponseItemKind.Refusal:
                json.WriteString("type", "refusal");
                json.WriteString("refusal", Text.ToString());
                break;
            default:
                json.WriteString("type", "output_text");
                json.WriteString("text", Text.ToString());
                json.WriteStartArray("annotations");
                json.WriteEndArray();
                json.WriteStartArray("logprobs");
                json.WriteEndArray();
                break;
        }

        json.WriteEndObject();
    }
}
