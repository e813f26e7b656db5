using System.Text.Json;
using RouterDaemon.Relay.Translation;

namespace RouterDaemon.Backends.AnthropicApi;

/// <summary>The messages of OpenAI's chat as Anthropic's <c>system</c> and <c>messages</c>.</summary>
internal sealed class ChatMessages(Utf8JsonWriter json)
{
    private string? _role;

    /// <summary>Writes both members. Neighbours of one role become one message: tool results must stand together.</summary>
    public void Write(JsonElement messages)
    {
        System(messages);
        json.WriteStartArray("messages");
        var index = -1;
        foreach (var message in messages.EnumerateArray())
        {
            var path = $"messages[{++index}]";
            switch (message.AsObject(path).RequiredText("role", path))
            {
                case "system" or "developer":
                    break;
                case "user":
                    Turn("user");
                    Content(message, path);
                    break;
                case "assistant":
                    Turn("assistant");
                    Assistant(message, path);
                    break;
                case "tool":
                    Turn("user");
                    ToolResult(message, path);
                    break;
                default:
                    throw TranslationErrors.Untranslatable(path + ".role");
            }
        }

        EndTurn();
        json.WriteEndArray();
    }

    /// <summary>Anthropic keeps instructions apart from the turns, wherever in the chat they stood.</summary>
    private void System(JsonElement messages)
    {
        var begun = false;
        var index = -1;
        foreach (var message in messages.EnumerateArray())
        {
            var path = $"messages[{++index}]";
            if (message.AsObject(path).RequiredText("role", path) is not ("system" or "developer"))
            {
                continue;
            }

            if (!begun)
            {
                begun = true;
                json.WriteStartArray("system");
            }

            Content(message, path);
        }

        if (begun)
        {
            json.WriteEndArray();
        }
    }

    private void Turn(string role)
    {
        if (_role == role)
        {
            return;
        }

        EndTurn();
        _role = role;
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteStartArray("content");
    }

    private void EndTurn()
    {
        if (_role is not null)
        {
            json.WriteEndArray();
            json.WriteEndObject();
            _role = null;
        }
    }

    private void Content(JsonElement message, string path)
    {
        if (!message.TryGet("content", out var content))
        {
            return;
        }

        path += ".content";
        if (content.ValueKind == JsonValueKind.String)
        {
            Text(content.GetString()!);
            return;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw TranslationErrors.Invalid(path, "must be a string or an array of parts");
        }

        var index = -1;
        foreach (var part in content.EnumerateArray())
        {
            Part(part, $"{path}[{++index}]");
        }
    }

    /// <summary>Anthropic refuses empty texts.</summary>
    private void Text(string text)
    {
        if (text.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", text);
            json.WriteEndObject();
        }
    }

    private void Part(JsonElement part, string path)
    {
        switch (part.AsObject(path).RequiredText("type", path))
        {
            case "text":
                Text(part.RequiredText("text", path));
                break;
            case "refusal":
                Text(part.RequiredText("refusal", path));
                break;
            case "image_url":
                Media("image", UrlOf(part, "image_url", path), path + ".image_url.url");
                break;
            case "file" when part.TryGet("file", out var file) && file.AsObject(path + ".file").Text("file_data", path + ".file") is { } data:
                Media("document", data, path + ".file.file_data");
                break;
            default:
                throw TranslationErrors.Untranslatable(path + ".type");
        }
    }

    private static string UrlOf(JsonElement part, string name, string path) =>
        !part.TryGet(name, out var value) ? throw TranslationErrors.Missing($"{path}.{name}")
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : value.AsObject($"{path}.{name}").RequiredText("url", $"{path}.{name}");

    /// <summary>A data URL becomes base64 data, any other a link for the upstream to fetch.</summary>
    private void Media(string type, string url, string path)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteStartObject("source");
        if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            var comma = url.IndexOf(',', StringComparison.Ordinal);
            if (comma < 0 || !url.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase))
            {
                throw TranslationErrors.Invalid(path, "must be a base64 data URL or a link");
            }

            json.WriteString("type", "base64");
            json.WriteString("media_type", url.AsSpan(5, comma - 5 - ";base64".Length));
            json.WriteString("data", url.AsSpan(comma + 1));
        }
        else
        {
            json.WriteString("type", "url");
            json.WriteString("url", url);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Assistant(JsonElement message, string path)
    {
        Content(message, path);
        Text(message.Text("refusal", path) ?? "");
        if (!message.TryGet("tool_calls", out var calls) || calls.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        var index = -1;
        foreach (var call in calls.EnumerateArray())
        {
            var at = $"{path}.tool_calls[{++index}]";
            if (!call.AsObject(at).TryGet("function", out var function))
            {
                throw TranslationErrors.Untranslatable(at + ".type");
            }

            var arguments = function.AsObject(at + ".function").Text("arguments", at + ".function") ?? "";
            json.WriteStartObject();
            json.WriteString("type", "tool_use");
            json.WriteString("id", call.RequiredText("id", at));
            json.WriteString("name", function.RequiredText("name", at + ".function"));
            json.WritePropertyName("input");
            if (string.IsNullOrWhiteSpace(arguments))
            {
                json.WriteStartObject();
                json.WriteEndObject();
            }
            else if (JsonText.IsObject(arguments))
            {
                json.WriteRawValue(arguments);
            }
            else
            {
                throw TranslationErrors.Untranslatable(at + ".function.arguments", "Anthropic takes a JSON object");
            }

            json.WriteEndObject();
        }
    }

    private void ToolResult(JsonElement message, string path)
    {
        json.WriteStartObject();
        json.WriteString("type", "tool_result");
        json.WriteString("tool_use_id", message.RequiredText("tool_call_id", path));
        json.WriteStartArray("content");
        Content(message, path);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
