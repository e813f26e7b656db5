using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>What is kept of a response: <c>{"messages": [chat messages, the answer included], "items": [the answer's items], "response": {as it was sent}}</c>.</summary>
internal static class StoredResponse
{
    /// <summary>The object for a conversation and its answer.</summary>
    public static byte[] Write(byte[] conversation, IReadOnlyList<ResponseItem> items, Action<Utf8JsonWriter> writeResponse)
    {
        var output = new ArrayBufferWriter<byte>(conversation.Length + 1024);
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            json.WriteStartObject();
            json.WriteStartArray("messages");
            ConversationInput.CopyMessages(conversation, json);
            WriteAnswer(json, items);
            json.WriteEndArray();
            json.WriteStartArray("items");
            foreach (var item in items)
            {
                item.Write(json, isDone: true);
            }

            json.WriteEndArray();
            json.WritePropertyName("response");
            writeResponse(json);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The messages, as an array.</summary>
    public static byte[] MessagesOf(byte[] stored)
    {
        using var document = JsonDocument.Parse(stored);
        return System.Text.Encoding.UTF8.GetBytes(document.RootElement.GetProperty("messages").GetRawText());
    }

    /// <summary>Writes the response as it was sent; false = it was kept by a version that did not keep that.</summary>
    public static bool TryWriteResponse(byte[] stored, Utf8JsonWriter json)
    {
        using var document = JsonDocument.Parse(stored);
        if (!document.RootElement.TryGetProperty("response", out var response))
        {
            return false;
        }

        response.WriteTo(json);
        return true;
    }

    /// <summary>Adds the items by their ids.</summary>
    public static void AddItems(byte[] stored, Dictionary<string, JsonElement> items)
    {
        using var document = JsonDocument.Parse(stored);
        foreach (var item in document.RootElement.GetProperty("items").EnumerateArray())
        {
            items[item.GetProperty("id").GetString()!] = item.Clone();
        }
    }

    private static void WriteAnswer(Utf8JsonWriter json, IReadOnlyList<ResponseItem> items)
    {
        string? text = null;
        var calls = 0;
        foreach (var item in items)
        {
            text = item.Kind is ResponseItemKind.Message or ResponseItemKind.Refusal ? text + item.Text : text;
            calls += item.Kind == ResponseItemKind.Call ? 1 : 0;
        }

        json.WriteStartObject();
        json.WriteString("role", "assistant");
        json.WriteString("content", text ?? (calls > 0 ? null : ""));
        if (calls > 0)
        {
            json.WriteStartArray("tool_calls");
            foreach (var item in items)
            {
                if (item.Kind != ResponseItemKind.Call)
                {
                    continue;
                }

                json.WriteStartObject();
                json.WriteString("id", item.CallId);
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", item.Name);
                json.WriteString("arguments", item.Text.ToString());
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
