using System.Text.Json;
using RouterDaemon.Relay.Translation;
using RouterDaemon.Relay.Translation.Anthropic;

namespace RouterDaemon.Backends.AnthropicApi;

/// <summary>A body of OpenAI's chat as one of Anthropic's Messages (public API references of both).</summary>
internal sealed class MessagesWriter(Utf8JsonWriter json)
{
    /// <summary>Answer tokens when the client sets no limit: Anthropic demands one, and every model of its takes this one.</summary>
    public const int DefaultMaxTokens = 4096;

    /// <summary>Writes the body.</summary>
    /// <exception cref="Http.ApiException">422 naming the field that Anthropic's dialect cannot say.</exception>
    public void Write(JsonElement root)
    {
        json.WriteStartObject();
        root.Copy("model", json);
        var maxTokens = root.Integer("max_completion_tokens", "") ?? root.Integer("max_tokens", "");
        var budget = ThinkingBudgetOf(root);
        json.WriteNumber("max_tokens", budget > 0 ? budget + (maxTokens ?? DefaultMaxTokens) : maxTokens ?? DefaultMaxTokens);
        if (budget > 0)
        {
            json.WriteStartObject("thinking");
            json.WriteString("type", "enabled");
            json.WriteNumber("budget_tokens", budget);
            json.WriteEndObject();
        }

        new ChatMessages(json).Write(root.RequiredArray("messages", ""));
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null)
            {
                Member(member.Name, member.Value);
            }
        }

        ToolChoice(root);
        json.WriteEndObject();
    }

    private void Member(string name, JsonElement value)
    {
        switch (name)
        {
            case "model" or "messages" or "max_tokens" or "max_completion_tokens" or "reasoning_effort" or "tool_choice" or "parallel_tool_calls":
                break;
            case "stream" or "top_p" or "top_k":
                json.WritePropertyName(name);
                value.WriteTo(json);
                break;
            case "temperature":
                if (value.ValueKind != JsonValueKind.Number || value.GetDouble() > 1)
                {
                    throw TranslationErrors.Untranslatable("temperature", "Anthropic's goes from 0 to 1");
                }

                json.WritePropertyName(name);
                value.WriteTo(json);
                break;
            case "stop":
                Stop(value);
                break;
            case "user" or "safety_identifier" when value.ValueKind == JsonValueKind.String:
                json.WriteStartObject("metadata");
                json.WriteString("user_id", value.GetString());
                json.WriteEndObject();
                break;
            case "tools":
                Tools(value);
                break;
            case "response_format":
                ResponseFormat(value.AsObject("response_format"));
                break;
            case "n" when value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) && n == 1:
            case "frequency_penalty" or "presence_penalty" when value.ValueKind == JsonValueKind.Number && value.GetDouble() == 0:
            case "logprobs" when value.ValueKind == JsonValueKind.False:
            case "logit_bias" when value.ValueKind == JsonValueKind.Object && value.GetRawText().AsSpan().Trim("{} \t\r\n").IsEmpty:
            case "modalities" when value.GetRawText().Contains("text", StringComparison.Ordinal) && !value.GetRawText().Contains("audio", StringComparison.Ordinal):
                break;
            // Hints on reproducibility, storage, caching and cost: without them the answer is of the same kind.
            case "seed" or "store" or "metadata" or "service_tier" or "stream_options" or "prompt_cache_key" or "prompt_cache_retention" or "verbosity":
                break;
            default:
                throw TranslationErrors.Untranslatable(name, "Anthropic's Messages have no word for it");
        }
    }

    private void Stop(JsonElement stop)
    {
        json.WriteStartArray("stop_sequences");
        foreach (var text in stop.ValueKind == JsonValueKind.Array ? stop.EnumerateArray().ToArray() : [stop])
        {
            json.WriteStringValue(text.ValueKind == JsonValueKind.String ? text.GetString() : throw TranslationErrors.Invalid("stop", "must hold strings"));
        }

        json.WriteEndArray();
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
            if (tool.AsObject(path).RequiredText("type", path) != "function" || !tool.TryGet("function", out var function))
            {
                throw TranslationErrors.Untranslatable(path + ".type", "only functions are known to both");
            }

            path += ".function";
            json.WriteStartObject();
            json.WriteString("name", function.AsObject(path).RequiredText("name", path));
            function.Copy("description", json);
            if (function.TryGet("parameters", out _))
            {
                function.Copy("parameters", json, "input_schema");
            }
            else
            {
                json.WriteStartObject("input_schema");
                json.WriteString("type", "object");
                json.WriteEndObject();
            }

            function.Copy("strict", json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void ToolChoice(JsonElement root)
    {
        var serial = root.TryGet("parallel_tool_calls", out var parallel) && parallel.ValueKind == JsonValueKind.False;
        var hasTools = root.TryGet("tools", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0;
        var hasChoice = root.TryGet("tool_choice", out var choice);
        if (!hasTools || (!hasChoice && !serial))
        {
            return;
        }

        json.WriteStartObject("tool_choice");
        switch (hasChoice ? choice.ValueKind : JsonValueKind.Null)
        {
            case JsonValueKind.Null:
                json.WriteString("type", "auto");
                break;
            case JsonValueKind.String:
                json.WriteString("type", choice.GetString() switch
                {
                    "auto" => "auto",
                    "none" => "none",
                    "required" => "any",
                    _ => throw TranslationErrors.Invalid("tool_choice", "must be auto, none, required or a function"),
                });
                break;
            case JsonValueKind.Object when choice.TryGet("function", out var function):
                json.WriteString("type", "tool");
                json.WriteString("name", function.AsObject("tool_choice.function").RequiredText("name", "tool_choice.function"));
                break;
            default:
                throw TranslationErrors.Untranslatable("tool_choice");
        }

        if (serial && !(choice.ValueKind == JsonValueKind.String && choice.GetString() == "none"))
        {
            json.WriteBoolean("disable_parallel_tool_use", true);
        }

        json.WriteEndObject();
    }

    private void ResponseFormat(JsonElement format)
    {
        switch (format.RequiredText("type", "response_format"))
        {
            case "text":
                break;
            case "json_schema" when format.TryGet("json_schema", out var schema):
                json.WriteStartObject("output_config");
                json.WriteStartObject("format");
                json.WriteString("type", "json_schema");
                if (!schema.AsObject("response_format.json_schema").TryGet("schema", out _))
                {
                    throw TranslationErrors.Missing("response_format.json_schema.schema");
                }

                schema.Copy("schema", json);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                throw TranslationErrors.Untranslatable("response_format.type", "Anthropic's Messages know schemas only");
        }
    }

    /// <summary>
    /// 0 = no thinking. In the middle of a tool loop Anthropic wants its own signed thinking back, which OpenAI's dialect does not
    /// carry, and a forced tool excludes thinking: then the model answers without.
    /// </summary>
    private static int ThinkingBudgetOf(JsonElement root)
    {
        var budget = root.Text("reasoning_effort", "") switch
        {
            null or "none" => 0,
            "minimal" or "low" => ThinkingBudget.Low,
            "medium" => ThinkingBudget.Medium,
            _ => ThinkingBudget.High,
        };
        if (budget == 0 || (root.TryGet("tool_choice", out var choice) && (choice.ValueKind == JsonValueKind.Object || choice.ValueEquals("required"))))
        {
            return 0;
        }

        var messages = root.RequiredArray("messages", "");
        var last = messages.GetArrayLength() > 0 ? messages[messages.GetArrayLength() - 1] : default;
        return last.ValueKind == JsonValueKind.Object && last.TryGet("role", out var role) && role.ValueKind == JsonValueKind.String && role.ValueEquals("tool") ? 0 : budget;
    }
}
