using System.Text.Json;
using System.Text.RegularExpressions;
using RouterDaemon.Engine.Grammar;

namespace RouterDaemon.Engine.Tools;

/// <summary>The tools of a request, who may choose them, and the grammar that their calls follow.</summary>
internal sealed partial class ToolCatalog
{
    public const int MaxTools = 128;
    public const int MaxCalls = 16;

    private const string HermesTag = "<tool_call>";
    private const string MistralTag = "[TOOL_CALLS]";
    private const string LlamaHead = "{\"name\":";
    private const string CallHead = "{\"name\": \"";
    private const string GenericHead = "{\"tool_calls\": [";

    private readonly List<ToolDefinition> _tools;
    private readonly ToolStyle _style;
    private readonly bool _parallel;

    private ToolCatalog(List<ToolDefinition> all, List<ToolDefinition> tools, ToolStyle style, bool required, bool parallel)
    {
        All = all;
        _tools = tools;
        _style = style;
        Required = required;
        _parallel = parallel;
    }

    public ToolStyle Style => _style;

    /// <summary>Every tool of the request, also where only one of them may be called.</summary>
    public IReadOnlyList<ToolDefinition> All { get; }

    /// <summary>Several calls may stand in one answer.</summary>
    public bool Parallel => _parallel;

    /// <summary>A call begins the answer or there is none.</summary>
    public bool CallsStartAnswers => _style is ToolStyle.Llama3 or ToolStyle.Generic;

    /// <summary>The answer must be a call.</summary>
    public bool Required { get; }

    /// <summary>Where a call begins in the text, its tag included; -1 = nowhere.</summary>
    public int CallStart(string text) => _style switch
    {
        ToolStyle.Hermes => text.IndexOf(HermesTag, StringComparison.Ordinal),
        ToolStyle.Mistral => text.IndexOf(MistralTag, StringComparison.Ordinal),
        ToolStyle.Generic => GenericStart().Match(text) is { Success: true } head ? head.Groups[1].Index : -1,
        _ => text.Length - text.TrimStart().Length is var blank && text[blank..].StartsWith(LlamaHead, StringComparison.Ordinal) ? blank : -1,
    };

    public static ToolStyle StyleOf(string? template) => template switch
    {
        null => ToolStyle.None,
        _ when !template.Contains("tools", StringComparison.Ordinal) => ToolStyle.Generic,
        _ when template.Contains("<tool_call>", StringComparison.Ordinal) && template.Contains("arguments", StringComparison.Ordinal)
            && !template.Contains("<function=", StringComparison.Ordinal) && !template.Contains("<arg_key>", StringComparison.Ordinal) => ToolStyle.Hermes,
        _ when template.Contains("[TOOL_CALLS]", StringComparison.Ordinal) && !template.Contains("[ARGS]", StringComparison.Ordinal) => ToolStyle.Mistral,
        _ when template.Contains("<|start_header_id|>", StringComparison.Ordinal) && template.Contains("\"parameters\"", StringComparison.Ordinal) => ToolStyle.Llama3,
        _ => ToolStyle.Generic,
    };

    /// <summary>Reads the tools of a request; null when it has none or <c>tool_choice</c> is none.</summary>
    /// <exception cref="EngineException">Malformed tools or choice, an unknown name, or a model without a template.</exception>
    public static ToolCatalog? Read(GenerationRequest request, ToolStyle style)
    {
        if (request.ToolsJson.IsEmpty)
            return null;
        List<ToolDefinition> tools = ReadTools(request.ToolsJson);
        (string kind, string? name) = ReadChoice(request.ToolChoiceJson);
        if (tools.Count == 0 || kind == "none")
            return null;
        if (style == ToolStyle.None)
            throw new EngineException(EngineErrorKind.Unsupported, "tools cannot be used with this model: its file has no chat template", "tools");
        List<ToolDefinition> callable = name is null ? tools : tools.FindAll(t => t.Name == name);
        if (callable.Count == 0)
            throw RequestRules.Invalid($"tool_choice names {name}, which is not among the tools", "tool_choice");
        return new ToolCatalog(tools, callable, style, kind == "required" || name is not null, request.ParallelToolCalls && name is null);
    }

    /// <summary>The grammar of an answer that calls tools.</summary>
    /// <param name="written">What the answer holds already of it, from the tag on; empty = nothing.</param>
    /// <returns>Null when what is written cannot be continued into a call.</returns>
    /// <exception cref="EngineException">A tool's parameters use an unsupported keyword.</exception>
    public string? ToGrammar(string written = "")
    {
        string opening = _style switch
        {
            ToolStyle.Hermes => HermesTag + "\n",
            ToolStyle.Mistral => MistralTag + "[",
            ToolStyle.Generic => GenericHead,
            _ => "",
        } + CallHead;
        // Nobody has trained the model on this form: it may put its blanks where it likes.
        if (_style == ToolStyle.Generic)
            (opening, written) = (Compact(opening), Compact(written));
        if (!opening.StartsWith(written, StringComparison.Ordinal))
            return null;
        GrammarBuilder grammar = new();
        string key = _style == ToolStyle.Llama3 ? "parameters" : "arguments";
        string call = grammar.Add(string.Join(" | ", _tools.Select(t =>
        {
            string arguments = t.Parameters.ValueKind == JsonValueKind.Object ? JsonSchemaGrammar.AddTo(grammar, t.Parameters) : "object";
            return $"{GrammarBuilder.Literal($"{t.Name}\", \"{key}\": ")} {arguments} \"}}\"";
        })));
        string first = $"{GrammarBuilder.Literal(opening[written.Length..])} {call}";
        return grammar.Build(_style switch
        {
            ToolStyle.Hermes => $"{first} \"\\n</tool_call>\"" + More($"{GrammarBuilder.Literal("\n" + opening)} {call} \"\\n</tool_call>\""),
            ToolStyle.Generic => first + More($"{GrammarBuilder.Literal(", " + CallHead)} {call}") + " \"]}\"",
            ToolStyle.Mistral => first + More($"{GrammarBuilder.Literal(", " + CallHead)} {call}") + " \"]\"",
            _ => first,
        });
    }

    private static string Compact(string text) => Blanks().Replace(text, "");

    private string More(string call) => _parallel ? $" ({call}){{0,{MaxCalls - 1}}}" : "";

    private static List<ToolDefinition> ReadTools(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = Parse(json, "tools");
        if (document.RootElement.ValueKind != JsonValueKind.Array)
            throw RequestRules.Invalid("tools must be an array", "tools");
        if (document.RootElement.GetArrayLength() > MaxTools)
            throw RequestRules.Invalid($"tools has {document.RootElement.GetArrayLength()} entries, the limit is {MaxTools}", "tools");
        List<ToolDefinition> tools = [];
        foreach (JsonElement tool in document.RootElement.EnumerateArray())
        {
            string place = $"tools[{tools.Count}]";
            if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("function", out JsonElement function) || function.ValueKind != JsonValueKind.Object
                || !function.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String)
                throw RequestRules.Invalid($"{place}.function.name is missing", place);
            // OpenAI's rule; it also keeps the name out of any need for escapes.
            if (name.GetString() is not { Length: > 0 and <= 64 } text || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
                throw RequestRules.Invalid($"{place}.function.name must be 1 to 64 letters, digits, '_', '-' or '.'", place);
            tools.Add(new ToolDefinition(text, TextOf(function, "description"), function.TryGetProperty("parameters", out JsonElement parameters) ? parameters.Clone() : default));
        }
        return tools;
    }

    private static string? TextOf(JsonElement function, string name) =>
        function.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static (string Kind, string? Name) ReadChoice(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
            return ("auto", null);
        using JsonDocument document = Parse(json, "tool_choice");
        JsonElement choice = document.RootElement;
        if (choice.ValueKind == JsonValueKind.String && choice.GetString() is "auto" or "none" or "required" && choice.GetString() is { } kind)
            return (kind, null);
        if (choice.ValueKind == JsonValueKind.Null)
            return ("auto", null);
        return choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("function", out JsonElement function)
            && function.ValueKind == JsonValueKind.Object && function.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String
            ? ("named", name.GetString())
            : throw RequestRules.Invalid("tool_choice must be auto, none, required or name a function", "tool_choice");
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json, string param)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw RequestRules.Invalid($"{param} is not valid JSON (byte {e.BytePositionInLine})", param);
        }
    }

    [GeneratedRegex("^\\s*(?:```(?:json)?\\s*)?(\\{\\s*\"tool_calls\"\\s*:)")]
    private static partial Regex GenericStart();

    [GeneratedRegex("\\s+")]
    private static partial Regex Blanks();
}
