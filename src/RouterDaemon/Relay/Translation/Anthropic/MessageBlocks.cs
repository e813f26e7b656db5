using System.Text.Json;

namespace RouterDaemon.Relay.Translation.Anthropic;

/// <summary>One message of Anthropic's, made of blocks, as the messages of OpenAI's chat that it stands for.</summary>
internal sealed class MessageBlocks(Utf8JsonWriter json, Action<string> cannotSay)
{
    private readonly List<(JsonElement Block, string Path)> _parts = [];

    /// <summary>Writes the messages.</summary>
    public void Write(JsonElement message, string path)
    {
        var role = message.AsObject(path).RequiredText("role", path);
        if (role is not ("user" or "assistant" or "system"))
        {
            throw TranslationErrors.Invalid(path + ".role", "must be user or assistant");
        }

        if (!message.TryGet("content", out var content))
        {
            throw TranslationErrors.Missing(path + ".content");
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            Begin(role);
            json.WriteString("content", content.GetString());
            json.WriteEndObject();
            return;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw TranslationErrors.Invalid(path + ".content", "must be a string or an array of blocks");
        }

        if (role == "assistant")
        {
            Assistant(content, path);
        }
        else
        {
            User(role, content, path);
        }
    }

    private void Begin(string role)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
    }

    /// <summary>Tool results become messages of their own, which OpenAI wants right behind the calls; the rest follows.</summary>
    private void User(string role, JsonElement content, string path)
    {
        _parts.Clear();
        var index = -1;
        foreach (var block in content.EnumerateArray())
        {
            index++;
            var at = $"{path}.content[{index}]";
            if (block.AsObject(at).RequiredText("type", at) == "tool_result")
            {
                ToolResult(block, at);
            }
            else
            {
                _parts.Add((block, at));
            }
        }

        if (_parts.Count > 0)
        {
            Begin(role);
            json.WritePropertyName("content");
            Parts();
            json.WriteEndObject();
        }
    }

    private void ToolResult(JsonElement block, string path)
    {
        Begin("tool");
        json.WriteString("tool_call_id", block.RequiredText("tool_use_id", path));
        if (!block.TryGet("content", out var content) || content.ValueKind == JsonValueKind.String)
        {
            json.WriteString("content", content.ValueKind == JsonValueKind.String ? content.GetString() : "");
            json.WriteEndObject();
            return;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw TranslationErrors.Invalid(path + ".content", "must be a string or an array of blocks");
        }

        // OpenAI's tool messages hold text; anything else goes into the user message that follows.
        var texts = new List<string>();
        var index = -1;
        foreach (var part in content.EnumerateArray())
        {
            index++;
            var at = $"{path}.content[{index}]";
            if (part.AsObject(at).RequiredText("type", at) == "text")
            {
                texts.Add(part.RequiredText("text", at));
            }
            else
            {
                _parts.Add((part, at));
            }
        }

        json.WriteString("content", string.Join("\n\n", texts));
        json.WriteEndObject();
    }

    private void Parts()
    {
        if (_parts is [var (only, at)] && only.Text("type", at) == "text")
        {
            json.WriteStringValue(only.RequiredText("text", at));
            return;
        }

        json.WriteStartArray();
        foreach (var (block, path) in _parts)
        {
            Part(block, path);
        }

        json.WriteEndArray();
    }

    private void Part(JsonElement block, string path)
    {
        switch (block.RequiredText("type", path))
        {
            case "text":
                TextPart(block.RequiredText("text", path));
                break;
            case "image":
                Image(Source(block, path), path + ".source");
                break;
            case "document":
                Document(block, path);
                break;
            default:
                cannotSay(path + ".type");
                break;
        }
    }

    private void TextPart(string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "text");
        json.WriteString("text", text);
        json.WriteEndObject();
    }

    private void Image(JsonElement source, string path)
    {
        string url;
        switch (source.RequiredText("type", path))
        {
            case "base64":
                url = $"data:{source.RequiredText("media_type", path)};base64,{source.RequiredText("data", path)}";
                break;
            case "url":
                url = source.RequiredText("url", path);
                break;
            default:
                cannotSay(path + ".type");
                return;
        }

        json.WriteStartObject();
        json.WriteString("type", "image_url");
        json.WriteStartObject("image_url");
        json.WriteString("url", url);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Document(JsonElement block, string path)
    {
        var source = Source(block, path);
        path += ".source";
        switch (source.RequiredText("type", path))
        {
            case "text":
                TextPart(source.RequiredText("data", path));
                break;
            case "content" when source.TryGet("content", out var content) && content.ValueKind == JsonValueKind.String:
                TextPart(content.GetString()!);
                break;
            case "base64":
                json.WriteStartObject();
                json.WriteString("type", "file");
                json.WriteStartObject("file");
                json.WriteString("filename", block.Text("title", path) ?? "document.pdf");
                json.WriteString("file_data", $"data:{source.RequiredText("media_type", path)};base64,{source.RequiredText("data", path)}");
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                cannotSay(path + ".type");
                break;
        }
    }

    private static JsonElement Source(JsonElement block, string path) =>
        block.TryGet("source", out var source) ? source.AsObject(path + ".source") : throw TranslationErrors.Missing(path + ".source");

    private void Assistant(JsonElement content, string path)
    {
        var texts = new List<string>();
        var calls = new List<(JsonElement Block, string Path)>();
        var index = -1;
        foreach (var block in content.EnumerateArray())
        {
            index++;
            var at = $"{path}.content[{index}]";
            switch (block.AsObject(at).RequiredText("type", at))
            {
                case "text":
                    texts.Add(block.RequiredText("text", at));
                    break;
                case "tool_use":
                    calls.Add((block, at));
                    break;
                // Signed for Anthropic's own models; others think anew.
                case "thinking" or "redacted_thinking":
                    break;
                default:
                    cannotSay(at + ".type");
                    break;
            }
        }

        Begin("assistant");
        if (texts.Count > 0 || calls.Count == 0)
        {
            json.WriteString("content", string.Concat(texts));
        }
        else
        {
            json.WriteNull("content");
        }

        if (calls.Count > 0)
        {
            json.WriteStartArray("tool_calls");
            foreach (var (call, at) in calls)
            {
                json.WriteStartObject();
                json.WriteString("id", call.RequiredText("id", at));
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", call.RequiredText("name", at));
                json.WriteString("arguments", call.TryGet("input", out var input) ? input.GetRawText() : "{}");
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
