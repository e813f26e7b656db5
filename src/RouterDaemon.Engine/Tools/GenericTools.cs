using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RouterDaemon.Engine.Templates;

namespace RouterDaemon.Engine.Tools;

/// <summary>
/// Tools for a template that knows none: they are described in a system message, calls of earlier answers are shown in the form that
/// the model is asked for, and results come as messages of the user.
/// </summary>
internal static class GenericTools
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The prompt of a request.</summary>
    /// <param name="template">The model's template.</param>
    /// <param name="messages">Checked messages; disposed where others take their place.</param>
    /// <param name="request">Whose tools are described.</param>
    /// <exception cref="EngineException">The tools are malformed, or the template refuses the messages.</exception>
    public static string Render(IChatTemplate template, JsonDocument messages, GenerationRequest request)
    {
        string? description = ToolCatalog.Read(request, ToolStyle.Generic) is { } tools ? Describe(tools) : null;
        if (description is null && !HasCalls(messages.RootElement))
            return template.Render(messages.RootElement, request);
        GenerationRequest withoutTools = request with { ToolsJson = default };
        using JsonDocument inSystem = Rewrite(messages.RootElement, description, inUser: false);
        try
        {
            string prompt = template.Render(inSystem.RootElement, withoutTools);
            if (description is null || prompt.Contains(description, StringComparison.Ordinal))
                return prompt;
        }
        catch (EngineException e) when (e.Kind == EngineErrorKind.InvalidRequest && description is not null)
        {
            // Some templates refuse a system message, others pass over it.
        }
        using JsonDocument inUser = Rewrite(messages.RootElement, description, inUser: true);
        return template.Render(inUser.RootElement, withoutTools);
    }

    private static string Describe(ToolCatalog tools)
    {
        StringBuilder text = new("You can call tools. To do so, answer with one JSON object and nothing else:\n");
        text.Append("{\"tool_calls\": [{\"name\": \"NAME OF THE TOOL\", \"arguments\": {}}]}\n");
        text.Append(tools.Parallel ? "The array may hold several calls. " : "The array holds one call. ");
        text.Append("Their results come in the next message. When no tool is needed, answer in plain text.\nTools, one a line:");
        foreach (ToolDefinition tool in tools.All)
        {
            text.Append('\n').Append(Json(json =>
            {
                json.WriteStartObject();
                json.WriteString("name", tool.Name);
                if (tool.Description is not null)
                    json.WriteString("description", tool.Description);
                if (tool.Parameters.ValueKind == JsonValueKind.Object)
                {
                    json.WritePropertyName("parameters");
                    tool.Parameters.WriteTo(json);
                }
                json.WriteEndObject();
            }));
        }
        return text.ToString();
    }

    private static bool HasCalls(JsonElement messages) => messages.EnumerateArray().Any(m => RoleOf(m) == "tool" || CallsOf(m).Count > 0);

    /// <param name="messages">The messages.</param>
    /// <param name="description">What is said about the tools; null = nothing.</param>
    /// <param name="inUser">It goes before the first message of the user instead of into the system's.</param>
    private static JsonDocument Rewrite(JsonElement messages, string? description, bool inUser)
    {
        List<(string Role, string? Text, JsonElement Original)> turns = [];
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        bool resultsOpen = false;
        foreach ((int index, JsonElement message) in messages.EnumerateArray().Index())
        {
            string role = RoleOf(message);
            string content = message.TryGetProperty("content", out JsonElement c) ? ChatMessages.ContentText(c, index) : "";
            List<(string Id, string Name, string Arguments)> calls = CallsOf(message);
            foreach ((string id, string name, _) in calls)
                names[id] = name;
            string? text = role == "tool" ? Result(message, content, names) : calls.Count > 0 ? Called(content, calls) : null;
            if (resultsOpen && (role is "tool" or "user") && turns is [.., ("user", { } results, _)])
            {
                // Many templates want the user and the assistant to take turns.
                turns[^1] = ("user", results + "\n\n" + (text ?? content), default);
                resultsOpen = role == "tool";
                continue;
            }
            turns.Add((role == "tool" ? "user" : role, text, message));
            resultsOpen = role == "tool";
        }
        if (description is not null)
            Insert(turns, description, inUser ? "user" : "system");
        return JsonDocument.Parse(Json(json =>
        {
            json.WriteStartArray();
            foreach ((string role, string? text, JsonElement original) in turns)
                Write(json, role, text, original);
            json.WriteEndArray();
        }));
    }

    /// <summary>Puts the description behind a system message or before a user's.</summary>
    private static void Insert(List<(string Role, string? Text, JsonElement Original)> turns, string description, string role)
    {
        int at = turns.FindIndex(t => (t.Role == "developer" ? "system" : t.Role) == role);
        if (at < 0)
        {
            turns.Insert(0, (role, description, default));
            return;
        }
        (string found, string? text, JsonElement original) = turns[at];
        text ??= original.TryGetProperty("content", out JsonElement content) ? ChatMessages.ContentText(content, at) : "";
        turns[at] = (found, text.Length == 0 ? description : role == "system" ? $"{text}\n\n{description}" : $"{description}\n\n{text}", original);
    }

    private static void Write(Utf8JsonWriter json, string role, string? text, JsonElement original)
    {
        if (text is null)
        {
            original.WriteTo(json);
            return;
        }
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteString("content", text);
        json.WriteEndObject();
    }

    private static string Result(JsonElement message, string content, Dictionary<string, string> names)
    {
        string? id = TextOf(message, "tool_call_id");
        string name = id is not null && names.TryGetValue(id, out string? called) ? called : TextOf(message, "name") ?? id ?? "the tool";
        return $"Result of {name}:\n{content}";
    }

    /// <summary>An earlier answer as the model is asked to write it.</summary>
    private static string Called(string content, List<(string Id, string Name, string Arguments)> calls)
    {
        string text = Json(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("tool_calls");
            foreach ((_, string name, string arguments) in calls)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WritePropertyName("arguments");
                WriteArguments(json, arguments);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });
        return content.Length == 0 ? text : $"{content}\n{text}";
    }

    /// <summary>Arguments are JSON as text; what is none stays a text, as an earlier model wrote it.</summary>
    private static void WriteArguments(Utf8JsonWriter json, string arguments)
    {
        try
        {
            using JsonDocument value = JsonDocument.Parse(arguments.Length == 0 ? "{}" : arguments);
            value.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteStringValue(arguments);
        }
    }

    private static List<(string Id, string Name, string Arguments)> CallsOf(JsonElement message)
    {
        List<(string, string, string)> calls = [];
        if (!message.TryGetProperty("tool_calls", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
            return calls;
        foreach (JsonElement call in list.EnumerateArray())
        {
            if (call.ValueKind == JsonValueKind.Object && call.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object
                && TextOf(function, "name") is { } name)
                calls.Add((TextOf(call, "id") ?? "", name, TextOf(function, "arguments") ?? ""));
        }
        return calls;
    }

    private static string RoleOf(JsonElement message) => message.GetProperty("role").GetString()!;

    private static string? TextOf(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static string Json(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Plain))
            write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
