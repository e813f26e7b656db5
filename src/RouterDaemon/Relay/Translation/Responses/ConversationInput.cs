using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>The <c>input</c> of Responses behind its history, as an array of chat messages. Instructions are no part of it: they end with their request.</summary>
internal static class ConversationInput
{
    /// <summary>The array.</summary>
    /// <param name="root">The request.</param>
    /// <param name="history">The messages before it, an array; empty = none.</param>
    /// <param name="referenced">Earlier items by their ids.</param>
    public static byte[] Write(JsonElement root, byte[] history, IReadOnlyDictionary<string, JsonElement> referenced)
    {
        var output = new ArrayBufferWriter<byte>(history.Length + 1024);
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            json.WriteStartArray();
            CopyMessages(history, json);
            if (!root.TryGet("input", out var input))
            {
                throw TranslationErrors.Missing("input");
            }

            if (input.ValueKind == JsonValueKind.String)
            {
                json.WriteStartObject();
                json.WriteString("role", "user");
                json.WriteString("content", input.GetString());
                json.WriteEndObject();
            }
            else
            {
                if (root.RequiredArray("input", "").GetArrayLength() == 0 && history.Length == 0)
                {
                    throw TranslationErrors.Invalid("input", "must hold at least one item");
                }

                Items(json, input, referenced);
            }

            json.WriteEndArray();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Writes the elements of an array of messages.</summary>
    public static void CopyMessages(byte[] messages, Utf8JsonWriter json)
    {
        if (messages.Length == 0)
        {
            return;
        }

        using var document = JsonDocument.Parse(messages);
        foreach (var message in document.RootElement.EnumerateArray())
        {
            message.WriteTo(json);
        }
    }

    /// <summary>An assistant's text and the calls behind it are items of their own here, one message in chat.</summary>
    private static void Items(Utf8JsonWriter json, JsonElement items, IReadOnlyDictionary<string, JsonElement> referenced)
    {
        var open = Open.Nothing;
        var index = -1;
        foreach (var given in items.EnumerateArray())
        {
            var path = $"input[{++index}]";
            var item = given.AsObject(path);
            if (item.Text("type", path) == "item_reference")
            {
                item = referenced.TryGetValue(item.RequiredText("id", path), out var known)
                    ? known
                    : throw TranslationErrors.Invalid(path + ".id", "is not the id of an item that is kept here");
            }

            var type = item.Text("type", path) ?? "message";
            if (type == "reasoning")
            {
                // Another model's thoughts: they are not shown again.
                continue;
            }

            if (type != "function_call")
            {
                Close(json, ref open);
            }

            switch (type)
            {
                case "message":
                    Message(json, item, path, ref open);
                    break;
                case "function_call":
                    Call(json, item, path, ref open);
                    break;
                case "function_call_output":
                    json.WriteStartObject();
                    json.WriteString("role", "tool");
                    json.WriteString("tool_call_id", item.RequiredText("call_id", path));
                    Content(json, item, "output", path);
                    json.WriteEndObject();
                    break;
                default:
                    throw TranslationErrors.Untranslatable(path + ".type");
            }
        }

        Close(json, ref open);
    }

    private enum Open
    {
        Nothing,
        Assistant,
        Calls,
    }

    private static void Close(Utf8JsonWriter json, ref Open open)
    {
        if (open == Open.Calls)
        {
            json.WriteEndArray();
        }

        if (open != Open.Nothing)
        {
            json.WriteEndObject();
        }

        open = Open.Nothing;
    }

    private static void Call(Utf8JsonWriter json, JsonElement item, string path, ref Open open)
    {
        if (open == Open.Nothing)
        {
            json.WriteStartObject();
            json.WriteString("role", "assistant");
            json.WriteNull("content");
        }

        if (open != Open.Calls)
        {
            json.WriteStartArray("tool_calls");
            open = Open.Calls;
        }

        json.WriteStartObject();
        json.WriteString("id", item.RequiredText("call_id", path));
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", item.RequiredText("name", path));
        json.WriteString("arguments", item.Text("arguments", path) ?? "");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Message(Utf8JsonWriter json, JsonElement item, string path, ref Open open)
    {
        var role = item.RequiredText("role", path);
        if (role is not ("user" or "assistant" or "system" or "developer"))
        {
            throw TranslationErrors.Invalid(path + ".role", "must be user, assistant, system or developer");
        }

        json.WriteStartObject();
        // Not every server of the chat dialect knows the newer name.
        json.WriteString("role", role == "developer" ? "system" : role);
        Content(json, item, "content", path);
        if (role == "assistant")
        {
            open = Open.Assistant;
        }
        else
        {
            json.WriteEndObject();
        }
    }

    private static void Content(Utf8JsonWriter json, JsonElement item, string name, string path)
    {
        path = $"{path}.{name}";
        if (!item.TryGet(name, out var content))
        {
            throw TranslationErrors.Missing(path);
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            json.WriteString("content", content.GetString());
            return;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw TranslationErrors.Invalid(path, "must be a string or an array of parts");
        }

        if (TextOf(content) is { } text)
        {
            json.WriteString("content", text);
            return;
        }

        json.WriteStartArray("content");
        var index = -1;
        foreach (var part in content.EnumerateArray())
        {
            Part(json, part, $"{path}[{++index}]");
        }

        json.WriteEndArray();
    }

    /// <summary>The text of a content that is one text part: every server takes a string.</summary>
    private static string? TextOf(JsonElement content) =>
        content.GetArrayLength() == 1 && content[0].ValueKind == JsonValueKind.Object
        && content[0].Text("type", "") is "input_text" or "output_text" or "text"
            ? content[0].Text("text", "")
            : null;

    private static void Part(Utf8JsonWriter json, JsonElement part, string path)
    {
        switch (part.AsObject(path).RequiredText("type", path))
        {
            case "input_text" or "output_text" or "text":
                json.WriteStartObject();
                json.WriteString("type", "text");
                json.WriteString("text", part.RequiredText("text", path));
                json.WriteEndObject();
                break;
            case "refusal":
                json.WriteStartObject();
                json.WriteString("type", "refusal");
                json.WriteString("refusal", part.RequiredText("refusal", path));
                json.WriteEndObject();
                break;
            case "input_image" when part.Text("image_url", path) is { } url:
                json.WriteStartObject();
                json.WriteString("type", "image_url");
                json.WriteStartObject("image_url");
                json.WriteString("url", url);
                part.Copy("detail", json);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case "input_file" when part.Text("file_data", path) is { } data:
                json.WriteStartObject();
                json.WriteString("type", "file");
                json.WriteStartObject("file");
                json.WriteString("filename", part.Text("filename", path) ?? "file.pdf");
                json.WriteString("file_data", data);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case "input_image" or "input_file":
                throw TranslationErrors.Untranslatable(path, "files of the provider are not known here; send the data");
            case "input_audio":
                part.WriteTo(json);
                break;
            default:
                throw TranslationErrors.Untranslatable(path + ".type");
        }
    }
}
