using System.Text.Json;

namespace RouterDaemon.Relay.Translation.Anthropic;

/// <summary>
/// A body of Anthropic's Messages as one of OpenAI's chat (public API references of both). What only Anthropic can honour is left
/// out and its first field named, so that routing keeps to deployments that speak the dialect.
/// </summary>
internal sealed class MessagesReader(Utf8JsonWriter json)
{
    private string? _untranslatable;

    /// <summary>Writes the members; answers the first field that could not be translated, or null.</summary>
    public string? Write(JsonElement root)
    {
        if (root.TryGet("model", out var model))
        {
            json.WritePropertyName("model");
            model.WriteTo(json);
        }

        foreach (var member in root.EnumerateObject())
        {
            Member(member, root);
        }

        return _untranslatable;
    }

    private void Member(JsonProperty member, JsonElement root)
    {
        var value = member.Value;
        if (value.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        switch (member.Name)
        {
            case "model" or "system" or "route" or "models" or "fallbacks":
                break;
            case "messages":
                Messages(root);
                break;
            case "max_tokens" or "temperature" or "top_p" or "top_k":
                json.WritePropertyName(member.Name);
                value.WriteTo(json);
                break;
            case "stop_sequences":
                if (value.ValueKind != JsonValueKind.Array)
                {
                    throw TranslationErrors.Invalid("stop_sequences", "must be an array of strings");
                }

                if (value.GetArrayLength() > 0)
                {
                    json.WritePropertyName("stop");
                    value.WriteTo(json);
                }

                break;
            case "stream":
                json.WritePropertyName("stream");
                value.WriteTo(json);
                if (value.ValueKind == JsonValueKind.True)
                {
                    json.WriteStartObject("stream_options");
                    json.WriteBoolean("include_usage", true);
                    json.WriteEndObject();
                }

                break;
            case "metadata":
                if (value.AsObject("metadata").Text("user_id", "metadata") is { } user)
                {
                    json.WriteString("user", user);
                }

                break;
            case "tools":
                Tools(value);
                break;
            case "tool_choice":
                ToolChoice(value.AsObject("tool_choice"));
                break;
            case "thinking":
                Thinking(value.AsObject("thinking"), root);
                break;
            case "output_config":
                OutputConfig(value.AsObject("output_config"));
                break;
            // Hints on cost, speed and caching: without them the answer is the same.
            case "cache_control" or "service_tier" or "inference_geo" or "context_management" or "speed" or "diagnostics" or "betas":
                break;
            default:
                CannotSay(member.Name);
                break;
        }
    }

    private void Messages(JsonElement root)
    {
        var messages = root.RequiredArray("messages", "");
        json.WriteStartArray("messages");
        if (root.TryGet("system", out var system))
        {
            json.WriteStartObject();
            json.WriteString("role", "system");
            json.WriteString("content", SystemText(system));
            json.WriteEndObject();
        }

        var blocks = new MessageBlocks(json, CannotSay);
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            blocks.Write(message, $"messages[{index++}]");
        }

        json.WriteEndArray();
    }

    private static string SystemText(JsonElement system)
    {
        if (system.ValueKind == JsonValueKind.String)
        {
            return system.GetString()!;
        }

        if (system.ValueKind != JsonValueKind.Array)
        {
            throw TranslationErrors.Invalid("system", "must be a string or an array of text blocks");
        }

        var texts = new List<string>(system.GetArrayLength());
        foreach (var block in system.EnumerateArray())
        {
            texts.Add(block.AsObject("system").RequiredText("text", "system[]"));
        }

        return string.Join("\n\n", texts);
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
            index++;
            var path = $"tools[{index}]";
            if (tool.AsObject(path).Text("type", path) is not (null or "custom"))
            {
                // Tools that run on Anthropic's servers, or whose schema only its models know.
                CannotSay(path + ".type");
                continue;
            }

            json.WriteStartObject();
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", tool.RequiredText("name", path));
            tool.Copy("description", json);
            tool.Copy("input_schema", json, "parameters");
            tool.Copy("strict", json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void ToolChoice(JsonElement choice)
    {
        switch (choice.RequiredText("type", "tool_choice"))
        {
            case "auto":
                json.WriteString("tool_choice", "auto");
                break;
            case "any":
                json.WriteString("tool_choice", "required");
                break;
            case "none":
                json.WriteString("tool_choice", "none");
                break;
            case "tool":
                json.WriteStartObject("tool_choice");
                json.WriteString("type", "function");
                json.WriteStartObject("function");
                json.WriteString("name", choice.RequiredText("name", "tool_choice"));
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                CannotSay("tool_choice.type");
                break;
        }

        if (choice.Flag("disable_parallel_tool_use", "tool_choice"))
        {
            json.WriteBoolean("parallel_tool_calls", false);
        }
    }

    /// <summary>OpenAI's dialect knows efforts, not budgets; an effort that is said wins.</summary>
    private void Thinking(JsonElement thinking, JsonElement root)
    {
        if (root.TryGet("output_config", out var output) && output.ValueKind == JsonValueKind.Object && output.TryGet("effort", out _))
        {
            return;
        }

        if (thinking.RequiredText("type", "thinking") == "enabled")
        {
            json.WriteString("reasoning_effort", thinking.Integer("budget_tokens", "thinking") switch
            {
                null => throw TranslationErrors.Missing("thinking.budget_tokens"),
                <= ThinkingBudget.Low => "low",
                <= ThinkingBudget.Medium => "medium",
                _ => "high",
            });
        }
    }

    private void OutputConfig(JsonElement config)
    {
        foreach (var member in config.EnumerateObject())
        {
            switch (member.Name)
            {
                case "effort" when member.Value.ValueKind == JsonValueKind.String:
                    json.WriteString("reasoning_effort", member.Value.GetString() is "max" ? "xhigh" : member.Value.GetString());
                    break;
                case "format" when member.Value.ValueKind == JsonValueKind.Object:
                    Format(member.Value);
                    break;
                case var name when member.Value.ValueKind != JsonValueKind.Null:
                    CannotSay("output_config." + name);
                    break;
            }
        }
    }

    private void Format(JsonElement format)
    {
        if (format.Text("type", "output_config.format") != "json_schema")
        {
            CannotSay("output_config.format.type");
            return;
        }

        json.WriteStartObject("response_format");
        json.WriteString("type", "json_schema");
        json.WriteStartObject("json_schema");
        json.WriteString("name", "answer");
        json.WriteBoolean("strict", true);
        format.Copy("schema", json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void CannotSay(string field) => _untranslatable ??= field;
}
