using System.Globalization;
using System.Text.Json;

namespace RouterDaemon.Relay.Translation.Ollama;

/// <summary>Ollama's chat messages as OpenAI's. Ollama's calls need no ids: results answer them by name, or in their order.</summary>
internal sealed class OllamaMessages(Utf8JsonWriter json)
{
    private readonly List<(string Id, string Name)> _unanswered = [];
    private int _calls;

    /// <summary>Writes the member <c>messages</c>.</summary>
    public void Write(JsonElement messages)
    {
        json.WriteStartArray("messages");
        var index = -1;
        foreach (var message in messages.EnumerateArray())
        {
            var path = $"messages[{++index}]";
            var role = message.AsObject(path).RequiredText("role", path);
            var content = message.Text("content", path) ?? "";
            json.WriteStartObject();
            json.WriteString("role", role);
            switch (role)
            {
                case "tool":
                    json.WriteString("tool_call_id", Answered(message, path));
                    json.WriteString("content", content);
                    break;
                case "assistant":
                    json.WriteString("content", content);
                    Calls(message, path);
                    break;
                default:
                    WriteContent(json, content, message, path);
                    break;
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the member <c>content</c>: text, or parts when there are images.</summary>
    public static void WriteContent(Utf8JsonWriter json, string text, JsonElement holder, string path)
    {
        if (!holder.TryGet("images", out var images) || (images.ValueKind == JsonValueKind.Array && images.GetArrayLength() == 0))
        {
            json.WriteString("content", text);
            return;
        }

        path += path.Length == 0 ? "images" : ".images";
        if (images.ValueKind != JsonValueKind.Array)
        {
            throw TranslationErrors.Invalid(path, "must be an array of base64 texts");
        }

        json.WriteStartArray("content");
        if (text.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        foreach (var image in images.EnumerateArray())
        {
            var data = image.ValueKind == JsonValueKind.String ? image.GetString()! : throw TranslationErrors.Invalid(path, "must be an array of base64 texts");
            json.WriteStartObject();
            json.WriteString("type", "image_url");
            json.WriteStartObject("image_url");
            json.WriteString("url", data.StartsWith("data:", StringComparison.Ordinal) ? data : $"data:{MediaTypeOf(data)};base64,{data}");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>By the first bytes, as base64 shows them: JPEG FF D8 FF, GIF "GIF8", WebP "RIFF"; else PNG.</summary>
    private static string MediaTypeOf(string base64) =>
        base64.StartsWith("/9j/", StringComparison.Ordinal) ? "image/jpeg"
        : base64.StartsWith("R0lGOD", StringComparison.Ordinal) ? "image/gif"
        : base64.StartsWith("UklGR", StringComparison.Ordinal) ? "image/webp"
        : "image/png";

    private void Calls(JsonElement message, string path)
    {
        if (!message.TryGet("tool_calls", out var calls) || calls.ValueKind != JsonValueKind.Array || calls.GetArrayLength() == 0)
        {
            return;
        }

        json.WriteStartArray("tool_calls");
        var index = -1;
        foreach (var call in calls.EnumerateArray())
        {
            var at = $"{path}.tool_calls[{++index}]";
            if (!call.AsObject(at).TryGet("function", out var function))
            {
                throw TranslationErrors.Missing(at + ".function");
            }

            at += ".function";
            var name = function.AsObject(at).RequiredText("name", at);
            var id = call.Text("id", at) is { Length: > 0 } given ? given : "call_" + (_calls++).ToString(CultureInfo.InvariantCulture);
            _unanswered.Add((id, name));
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", name);
            json.WriteString("arguments", !function.TryGet("arguments", out var arguments) ? "{}"
                : arguments.ValueKind == JsonValueKind.String ? arguments.GetString() : arguments.GetRawText());
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private string Answered(JsonElement message, string path)
    {
        if (message.Text("tool_call_id", path) is { Length: > 0 } id)
        {
            _unanswered.RemoveAll(c => c.Id == id);
            return id;
        }

        var name = message.Text("tool_name", path) ?? message.Text("name", path);
        var at = name is null ? 0 : Math.Max(0, _unanswered.FindIndex(c => c.Name == name));
        if (_unanswered.Count == 0)
        {
            throw TranslationErrors.Invalid(path, "is the result of a tool that no message before it calls");
        }

        id = _unanswered[at].Id;
        _unanswered.RemoveAt(at);
        return id;
    }
}
