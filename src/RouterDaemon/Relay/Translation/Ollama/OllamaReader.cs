using System.Text.Json;
using RouterDaemon.Backends;

namespace RouterDaemon.Relay.Translation.Ollama;

/// <summary>Bodies of Ollama's API as bodies of OpenAI's (Ollama, docs/api.md; OpenAI's API reference).</summary>
internal sealed class OllamaReader(Utf8JsonWriter json)
{
    private const string PathOfOptions = "options";

    /// <summary><c>/api/chat</c>.</summary>
    public void WriteChat(JsonElement root)
    {
        Common(root);
        new OllamaMessages(json).Write(root.RequiredArray("messages", ""));
        if (root.TryGet("tools", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0)
        {
            json.WritePropertyName("tools");
            tools.WriteTo(json);
        }
    }

    /// <summary><c>/api/generate</c>: a chat of one message, or a plain completion when the client brings its own template or a suffix.</summary>
    public Operation WriteGenerate(JsonElement root)
    {
        foreach (var field in (string[])["template", "context"])
        {
            if (root.TryGet(field, out var value) && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0) && value.GetRawText() != "\"\"")
            {
                throw TranslationErrors.Untranslatable(field, "send the conversation to /api/chat");
            }
        }

        Common(root);
        var prompt = root.RequiredText("prompt", "");
        var suffix = root.Text("suffix", "") ?? "";
        if (root.Flag("raw", "") || suffix.Length > 0)
        {
            json.WriteString("prompt", prompt);
            if (suffix.Length > 0)
            {
                json.WriteString("suffix", suffix);
            }

            return Operation.Completion;
        }

        json.WriteStartArray("messages");
        if (root.Text("system", "") is { Length: > 0 } system)
        {
            json.WriteStartObject();
            json.WriteString("role", "system");
            json.WriteString("content", system);
            json.WriteEndObject();
        }

        json.WriteStartObject();
        json.WriteString("role", "user");
        OllamaMessages.WriteContent(json, prompt, root, "");
        json.WriteEndObject();
        json.WriteEndArray();
        return Operation.Chat;
    }

    /// <summary><c>/api/embed</c>.</summary>
    public void WriteEmbeddings(JsonElement root)
    {
        root.Copy("input", json);
        root.Copy("dimensions", json);
    }

    private void Common(JsonElement root)
    {
        // Streams unless told otherwise.
        var streams = !root.TryGet("stream", out _) || root.Flag("stream", "");
        json.WriteBoolean("stream", streams);
        if (streams)
        {
            json.WriteStartObject("stream_options");
            json.WriteBoolean("include_usage", true);
            json.WriteEndObject();
        }

        if (root.TryGet("think", out var think))
        {
            Think(think);
        }

        if (root.TryGet("format", out var format))
        {
            Format(format);
        }

        root.Copy("logprobs", json);
        root.Copy("top_logprobs", json);
        if (root.TryGet(PathOfOptions, out var options))
        {
            foreach (var option in options.AsObject(PathOfOptions).EnumerateObject())
            {
                Option(option.Name, option.Value);
            }
        }
    }

    private void Think(JsonElement think)
    {
        switch (think.ValueKind)
        {
            case JsonValueKind.True:
                json.WriteString("reasoning_effort", "medium");
                break;
            case JsonValueKind.String:
                json.WriteString("reasoning_effort", think.GetString());
                break;
            case JsonValueKind.False:
                break;
            default:
                throw TranslationErrors.Invalid("think", "must be true, false or an effort");
        }
    }

    private void Format(JsonElement format)
    {
        switch (format.ValueKind)
        {
            case JsonValueKind.String when format.ValueEquals(""):
                break;
            case JsonValueKind.String when format.ValueEquals("json"):
                json.WriteStartObject("response_format");
                json.WriteString("type", "json_object");
                json.WriteEndObject();
                break;
            case JsonValueKind.Object:
                json.WriteStartObject("response_format");
                json.WriteString("type", "json_schema");
                json.WriteStartObject("json_schema");
                json.WriteString("name", "answer");
                json.WriteBoolean("strict", true);
                json.WritePropertyName("schema");
                format.WriteTo(json);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                throw TranslationErrors.Invalid("format", "must be \"json\" or a JSON Schema");
        }
    }

    private void Option(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        switch (name)
        {
            case "num_predict":
                // Below 1: up to the context.
                if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var count))
                {
                    throw TranslationErrors.Invalid("options.num_predict", "must be an integer");
                }

                if (count > 0)
                {
                    json.WriteNumber("max_tokens", count);
                }

                break;
            case "temperature" or "top_p" or "seed" or "stop" or "presence_penalty" or "frequency_penalty"
                or "top_k" or "min_p" or "typical_p" or "repeat_penalty" or "repeat_last_n":
                json.WritePropertyName(name);
                value.WriteTo(json);
                break;
            case "mirostat" when value.ValueKind == JsonValueKind.Number && value.GetDouble() != 0:
                throw TranslationErrors.Untranslatable("options.mirostat");
            default:
                // How a model is loaded (num_ctx, num_gpu, ...) is the backend's to say; Ollama skips what it does not know too.
                break;
        }
    }
}
