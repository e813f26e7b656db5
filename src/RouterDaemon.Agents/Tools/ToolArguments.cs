using System.Globalization;
using System.Text.Json;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>The arguments of one call, checked against the tool's parameters when they are built.</summary>
public sealed class ToolArguments
{
    /// <summary>Characters of one text argument; enough for a long SQL statement.</summary>
    public const int MaxTextLength = 16_384;

    private readonly Dictionary<string, JsonElement> _values = [];
    private readonly IReadOnlyList<ToolParameter> _parameters;

    /// <summary>Throws <see cref="ContextException"/> (<c>INVALID_PARAMETER</c>) naming the parameter that is wrong.</summary>
    public ToolArguments(IReadOnlyList<ToolParameter> parameters, JsonElement arguments)
    {
        _parameters = parameters;
        if (arguments.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.Object))
        {
            throw Invalid("Arguments must be a JSON object");
        }

        if (arguments.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in arguments.EnumerateObject())
            {
                Add(property.Name, property.Value);
            }
        }

        foreach (var parameter in parameters.Where(p => p.Required && !_values.ContainsKey(p.Name)))
        {
            throw Invalid($"{parameter.Name} is required");
        }
    }

    /// <summary>The text of a parameter, its default, or null. An empty text counts as absent.</summary>
    public string? Text(string name) =>
        _values.TryGetValue(name, out var value) ? TextOf(value) : _parameters.First(p => p.Name == name).Default;

    /// <summary>The text of a parameter that is required or has a default.</summary>
    public string Required(string name) => Text(name)!;

    /// <summary>The integer of a parameter that has a default.</summary>
    public int Integer(string name) => int.Parse(Text(name)!, CultureInfo.InvariantCulture);

    /// <summary>The array of a parameter; empty when absent.</summary>
    public IReadOnlyList<JsonElement> Array(string name) => _values.TryGetValue(name, out var value) ? [.. value.EnumerateArray()] : [];

    /// <summary>The time of a parameter, or null when it has neither value nor default.</summary>
    public DateTimeOffset? Time(string name, DateTimeOffset now) => Text(name) is { } text ? TimePhrase.Parse(name, text, now) : null;

    private static ContextException Invalid(string message) => new(ContextErrorCode.InvalidParameter, message);

    private static string TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private void Add(string name, JsonElement value)
    {
        var parameter = _parameters.FirstOrDefault(p => p.Name == name)
            ?? throw Invalid($"Unknown parameter: {Shorten(name)} (known: {string.Join(", ", _parameters.Select(p => p.Name))})");
        if (value.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (parameter.Type == "array")
        {
            _values[name] = value.ValueKind == JsonValueKind.Array ? value : throw Invalid($"{name} must be an array");
            return;
        }

        // The command line and small models send numbers as text: both are taken.
        var text = value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? TextOf(value) : throw Invalid($"{name} must be a {parameter.Type}");
        if (value.ValueKind == JsonValueKind.Number && parameter.Type == "string")
        {
            throw Invalid($"{name} must be a string");
        }

        if (text.Length == 0)
        {
            return;
        }

        Check(parameter, text);
        _values[name] = value;
    }

    private static void Check(ToolParameter parameter, string text)
    {
        if (text.Length > MaxTextLength)
        {
            throw Invalid($"{parameter.Name} is longer than {MaxTextLength} characters");
        }

        if (text.Contains('\0'))
        {
            throw Invalid($"{parameter.Name} holds a NUL character");
        }

        if (parameter.Values is not null && !parameter.Values.Contains(text))
        {
            throw Invalid($"Invalid {parameter.Name}: {Shorten(text)} (one of {string.Join(", ", parameter.Values)})");
        }

        if (parameter.Type == "integer"
            && (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                || number < parameter.Minimum || number > parameter.Maximum))
        {
            throw Invalid($"Invalid {parameter.Name}: {Shorten(text)} (an integer in {parameter.Minimum}..{parameter.Maximum})");
        }
    }

    internal static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
