using System.Text.Json;

namespace RouterDaemon.Engine.Templates;

/// <summary>Checks the OpenAI messages array and reduces text parts to strings.</summary>
internal static class ChatMessages
{
    /// <exception cref="EngineException">Names the message and part at fault.</exception>
    public static List<(string Role, string Content)> ReadTexts(JsonElement messages)
    {
        List<(string, string)> list = [];
        int index = 0;
        foreach (JsonElement message in messages.EnumerateArray())
        {
            string role = message.GetProperty("role").GetString()!;
            string content = message.TryGetProperty("content", out JsonElement c) ? ContentText(c, index) : "";
            list.Add((role == "developer" ? "system" : role, content));
            index++;
        }
        return list;
    }

    /// <summary>Parses and checks the array.</summary>
    /// <exception cref="EngineException">Malformed JSON, no messages, a message without role, content of the wrong kind.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw RequestRules.Invalid($"messages is not valid JSON (byte {e.BytePositionInLine})", "messages");
        }
        try
        {
            Check(document.RootElement);
            return document;
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    /// <summary>The text of a message's content: a string, text parts joined, or nothing.</summary>
    public static string ContentText(JsonElement content, int index) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Null => "",
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select((part, p) => PartText(part, index, p))),
        _ => throw RequestRules.Invalid($"messages[{index}].content must be a string or an array of parts", $"messages[{index}].content"),
    };

    private static void Check(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Array)
            throw RequestRules.Invalid("messages must be an array", "messages");
        if (root.GetArrayLength() == 0)
            throw RequestRules.Invalid("messages is empty", "messages");
        int index = 0;
        foreach (JsonElement message in root.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object)
                throw RequestRules.Invalid($"messages[{index}] must be an object", $"messages[{index}]");
            if (!message.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String || role.GetString()!.Length == 0)
                throw RequestRules.Invalid($"messages[{index}].role must be a string", $"messages[{index}].role");
            if (message.TryGetProperty("content", out JsonElement content))
                ContentText(content, index);
            index++;
        }
    }

    private static string PartText(JsonElement part, int index, int partIndex)
    {
        string place = $"messages[{index}].content[{partIndex}]";
        string? type = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out JsonElement t) && t.ValueKind == JsonValueKind.String
            ? t.GetString()
            : null;
        if (type is not ("text" or "input_text" or "output_text"))
        {
            throw type is null
                ? RequestRules.Invalid($"{place} must be an object with a type", place)
                : new EngineException(EngineErrorKind.Unsupported, $"{place} is of type {type}: on-device models take text only", place);
        }
        return part.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : throw RequestRules.Invalid($"{place}.text must be a string", place);
    }
}
