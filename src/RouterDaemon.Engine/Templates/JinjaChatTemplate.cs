using System.Text.Json;
using RouterDaemon.Engine.Templates.Jinja;

namespace RouterDaemon.Engine.Templates;

/// <summary>A model's own template, interpreted.</summary>
internal sealed class JinjaChatTemplate : IChatTemplate
{
    private readonly JinjaTemplate? _template;
    private readonly string _bos;
    private readonly string _eos;
    private readonly TimeProvider _time;
    private readonly bool _knowsDeveloper;

    /// <param name="source">The template's text; null = the file has none.</param>
    /// <param name="bos">The beginning-of-sequence token as text.</param>
    /// <param name="eos">The end-of-sequence token as text.</param>
    /// <param name="time">What <c>strftime_now</c> shows.</param>
    public JinjaChatTemplate(string? source, string bos, string eos, TimeProvider time)
    {
        _bos = bos;
        _eos = eos;
        _time = time;
        if (source is null)
        {
            Problem = "the file has no chat template";
            return;
        }
        _knowsDeveloper = source.Contains("developer", StringComparison.Ordinal);
        try
        {
            _template = JinjaTemplate.Parse(source);
            using JsonDocument probe = JsonDocument.Parse("""[{"role":"user","content":"x"}]""");
            Run(Variables(probe.RootElement, new GenerationRequest(), argumentsAsText: false));
        }
        catch (JinjaException e) when (!e.RaisedByTemplate)
        {
            Problem = $"its chat template cannot be rendered: {e.Message}";
        }
        catch (JinjaException)
        {
            // It asks for more than one user message; requests may well have that.
        }
    }

    public string? Problem { get; }

    public string Render(JsonElement messages, GenerationRequest request)
    {
        if (Problem is not null)
            throw new EngineException(EngineErrorKind.Unsupported, $"messages cannot be used with this model: {Problem}; send a prompt instead", "messages");
        string? final = request.ContinueFinalMessage ? FinalText(messages) : null;
        try
        {
            string text = RenderWithEitherArguments(messages, request);
            return final is null ? text : CutAfter(text, final);
        }
        catch (JinjaException e)
        {
            throw new EngineException(
                EngineErrorKind.InvalidRequest,
                e.RaisedByTemplate ? $"the model's chat template refuses the messages: {e.Plain}" : $"the model's chat template cannot render the messages: {e.Message}",
                "messages",
                e);
        }
    }

    /// <summary>Clients send a call's arguments as JSON text. Most templates want them as an object, some as the text.</summary>
    private string RenderWithEitherArguments(JsonElement messages, GenerationRequest request)
    {
        try
        {
            return Run(Variables(messages, request, argumentsAsText: false));
        }
        catch (JinjaException e) when (!e.RaisedByTemplate)
        {
            return Run(Variables(messages, request, argumentsAsText: true));
        }
    }

    private string Run(Dictionary<string, object?> variables) => _template!.Render(variables, _time.GetLocalNow());

    private Dictionary<string, object?> Variables(JsonElement messages, GenerationRequest request, bool argumentsAsText)
    {
        Dictionary<string, object?> variables = new(StringComparer.Ordinal)
        {
            ["messages"] = new JinjaList(messages.EnumerateArray().Select((m, i) => (object?)Message(m, i, argumentsAsText))),
            ["tools"] = ReadJson(request.ToolsJson, JsonValueKind.Array, "tools") is JinjaList { Count: > 0 } tools ? tools : null,
            ["documents"] = null,
            ["add_generation_prompt"] = request.AddGenerationPrompt && !request.ContinueFinalMessage,
            ["bos_token"] = _bos,
            ["eos_token"] = _eos,
        };
        if (ReadJson(request.TemplateArgumentsJson, JsonValueKind.Object, "chat_template_kwargs") is JinjaMap extra)
        {
            foreach ((object? name, object? value) in extra.Items)
                variables[(string)name!] = value;
        }
        return variables;
    }

    private JinjaMap Message(JsonElement message, int index, bool argumentsAsText)
    {
        JinjaMap map = (JinjaMap)JinjaJson.FromElement(message)!;
        map["content"] = message.TryGetProperty("content", out JsonElement content) ? ChatMessages.ContentText(content, index) : "";
        if (map["role"] is "developer" && !_knowsDeveloper)
            map["role"] = "system";
        if (!argumentsAsText && map.TryGet("tool_calls", out object? calls) && calls is JinjaList list)
        {
            foreach (JinjaMap function in list.OfType<JinjaMap>().Select(c => c.TryGet("function", out object? f) ? f as JinjaMap : null).OfType<JinjaMap>())
                ParseArguments(function);
        }
        return map;
    }

    private static void ParseArguments(JinjaMap function)
    {
        if (!function.TryGet("arguments", out object? arguments) || arguments is not string text)
            return;
        try
        {
            function["arguments"] = JinjaJson.Parse(text);
        }
        catch (JinjaException)
        {
            // Not JSON: an earlier answer of a model may hold anything, and the template gets it as it was.
        }
    }

    private static object? ReadJson(ReadOnlyMemory<byte> json, JsonValueKind kind, string param)
    {
        if (json.IsEmpty)
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == kind)
                return JinjaJson.FromElement(document.RootElement);
        }
        catch (JsonException e)
        {
            throw RequestRules.Invalid($"{param} is not valid JSON (byte {e.BytePositionInLine})", param);
        }
        throw RequestRules.Invalid($"{param} must be {(kind == JsonValueKind.Array ? "an array" : "an object")}", param);
    }

    private static string FinalText(JsonElement messages)
    {
        int last = messages.GetArrayLength() - 1;
        JsonElement message = messages[last];
        string text = message.TryGetProperty("content", out JsonElement content) ? ChatMessages.ContentText(content, last).Trim() : "";
        return message.GetProperty("role").GetString() == "assistant" && text.Length > 0
            ? text
            : throw RequestRules.Invalid("continue_final_message needs a last message of the assistant with content", "messages");
    }

    private static string CutAfter(string text, string final)
    {
        int at = text.LastIndexOf(final, StringComparison.Ordinal);
        return at >= 0
            ? text[..(at + final.Length)]
            : throw RequestRules.Invalid("the model's chat template changes the last message, so it cannot be continued", "messages");
    }
}
