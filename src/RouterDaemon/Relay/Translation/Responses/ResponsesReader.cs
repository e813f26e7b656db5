using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>A body of OpenAI's Responses as one of OpenAI's chat (public API reference of both).</summary>
internal sealed class ResponsesReader(Utf8JsonWriter json)
{
    private static readonly string[] EchoMembers =
    [
        "instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls", "previous_response_id", "reasoning", "safety_identifier",
        "service_tier", "store", "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user",
    ];

    /// <summary>The request's settings, to be repeated in its response.</summary>
    public static JsonElement EchoOf(JsonElement root)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            json.WriteStartObject();
            foreach (var name in EchoMembers)
            {
                root.Copy(name, json);
            }

            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(output.WrittenMemory);
        return document.RootElement.Clone();
    }

    /// <summary>Writes the members, with <paramref name="conversation"/> as the messages.</summary>
    public void Write(JsonElement root, byte[] conversation)
    {
        root.Copy("model", json);
        json.WriteStartArray("messages");
        if (root.Text("instructions", "") is { Length: > 0 } instructions)
        {
            json.WriteStartObject();
            json.WriteString("role", "system");
            json.WriteString("content", instructions);
            json.WriteEndObject();
        }

        ConversationInput.CopyMessages(conversation, json);
        json.WriteEndArray();
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null)
            {
                Member(member.Name, member.Value);
            }
        }
    }

    private void Member(string name, JsonElement value)
    {
        switch (name)
        {
            case "model" or "input" or "instructions" or "previous_response_id" or "store" or "route" or "models" or "fallbacks":
                break;
            case "max_output_tokens":
                json.WritePropertyName("max_tokens");
                value.WriteTo(json);
                break;
            case "temperature" or "top_p" or "parallel_tool_calls" or "user":
                json.WritePropertyName(name);
                value.WriteTo(json);
                break;
            case "stream":
                json.WritePropertyName(name);
                value.WriteTo(json);
                if (value.ValueKind == JsonValueKind.True)
                {
                    json.WriteStartObject("stream_options");
                    json.WriteBoolean("include_usage", true);
                    json.WriteEndObject();
                }

                break;
            case "tools":
                Tools(value);
                break;
            case "tool_choice":
                ToolChoice(value);
                break;
            case "text":
                Text(value.AsObject("text"));
                break;
            case "reasoning":
                if (value.AsObject("reasoning").Text("effort", "reasoning") is { } effort)
                {
                    json.WriteString("reasoning_effort", effort);
                }

                break;
            case "include":
                Include(value);
                break;
            case "background" or "top_logprobs" when value.ValueKind == JsonValueKind.False || value.GetRawText() == "0":
            case "truncation" when value.ValueKind == JsonValueKind.String && value.ValueEquals("disabled"):
                break;
            // Hints on storage, caching, cost and the stream's form: without them the answer is the same.
            case "metadata" or "service_tier" or "stream_options" or "prompt_cache_key" or "prompt_cache_retention" or "safety_identifier" or "max_tool_calls":
                break;
            default:
                throw TranslationErrors.Untranslatable(name);
        }
    }

    private void Tools(JsonElement tools)
    {
        if (tools.ValueKind != JsonValueKind.Array)
        {
            throw TranslationErrors.Invalid("tools", "must be an array");
        }

        if (tools.GetArrayLength() == 0)
        {
            return;
        }

        json.WriteStartArray("tools");
        var index = -1;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = $"tools[{++index}]";
            if (tool.AsObject(path).RequiredText("type", path) != "function")
            {
                throw TranslationErrors.Untranslatable(path + ".type", "only functions run here");
            }

            json.WriteStartObject();
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", tool.RequiredText("name", path));
            tool.Copy("description", json);
            tool.Copy("parameters", json);
            tool.Copy("strict", json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void ToolChoice(JsonElement choice)
    {
        if (choice.ValueKind == JsonValueKind.String)
        {
            json.WriteString("tool_choice", choice.GetString());
            return;
        }

        if (choice.AsObject("tool_choice").RequiredText("type", "tool_choice") != "function")
        {
            throw TranslationErrors.Untranslatable("tool_choice.type");
        }

        json.WriteStartObject("tool_choice");
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", choice.RequiredText("name", "tool_choice"));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Text(JsonElement text)
    {
        text.Copy("verbosity", json);
        if (!text.TryGet("format", out var format))
        {
            return;
        }

        switch (format.AsObject("text.format").RequiredText("type", "text.format"))
        {
            case "text":
                break;
            case "json_object":
                json.WriteStartObject("response_format");
                json.WriteString("type", "json_object");
                json.WriteEndObject();
                break;
            case "json_schema":
                json.WriteStartObject("response_format");
                json.WriteString("type", "json_schema");
                json.WriteStartObject("json_schema");
                json.WriteString("name", format.RequiredText("name", "text.format"));
                format.Copy("description", json);
                format.Copy("schema", json);
                format.Copy("strict", json);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                throw TranslationErrors.Untranslatable("text.format.type");
        }
    }

    private static void Include(JsonElement include)
    {
        if (include.ValueKind != JsonValueKind.Array)
        {
            throw TranslationErrors.Invalid("include", "must be an array");
        }

        foreach (var item in include.EnumerateArray())
        {
            // What hosted tools would add has nothing to be added to; encrypted reasoning is another model's secret.
            if (item.ValueKind == JsonValueKind.String && item.ValueEquals("message.output_text.logprobs"))
            {
                throw TranslationErrors.Untranslatable("include");
            }
        }
    }
}
