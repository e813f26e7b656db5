using System.Text;
using System.Text.Json;

namespace RouterDaemon.Engine.Grammar;

/// <summary>
/// Turns a JSON Schema (2020-12, and the definitions keyword of older drafts) into a GBNF grammar all of whose texts validate. A keyword
/// that cannot be guaranteed is an error that names it and its place, never ignored.
/// </summary>
internal sealed class JsonSchemaGrammar
{
    private const int MaxDepth = 64;
    private const int MaxRepeat = 1000;

    private static readonly HashSet<string> Annotations =
    [
        "title", "description", "default", "examples", "example", "$schema", "$id", "$comment", "$anchor", "readOnly", "writeOnly", "deprecated",
        "$defs", "definitions", "contentMediaType", "contentEncoding", "strict", "name", "nullable",
    ];

    private readonly JsonElement _root;
    private readonly GrammarBuilder _grammar = new();
    private readonly Dictionary<string, string> _references = new(StringComparer.Ordinal);
    private int _depth;

    private JsonSchemaGrammar(JsonElement root) => _root = root;

    /// <summary>GBNF for any JSON object.</summary>
    public static string AnyObject() => new GrammarBuilder().Build("object");

    /// <exception cref="EngineException">The schema is malformed or uses an unsupported keyword; the message names both.</exception>
    public static string Convert(JsonElement schema)
    {
        JsonSchemaGrammar converter = new(schema);
        string root = converter.Visit(schema, "#");
        return converter._grammar.Build(root);
    }

    /// <summary>A rule for one schema inside a larger grammar; references resolve within that schema.</summary>
    public static string AddTo(GrammarBuilder grammar, JsonElement schema)
    {
        JsonSchemaGrammar converter = new(schema, grammar);
        return converter.Visit(schema, "#");
    }

    private JsonSchemaGrammar(JsonElement root, GrammarBuilder grammar)
    {
        _root = root;
        _grammar = grammar;
    }

    private string Visit(JsonElement schema, string place)
    {
        if (++_depth > MaxDepth)
            throw Refuse($"schemas nest deeper than {MaxDepth}", place);
        string rule = schema.ValueKind switch
        {
            JsonValueKind.True => "value",
            JsonValueKind.False => throw Refuse("the schema false allows nothing", place),
            JsonValueKind.Object => VisitObject(schema, place),
            _ => throw Refuse("a schema must be an object", place),
        };
        _depth--;
        return rule;
    }

    private string VisitObject(JsonElement schema, string place)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            Allow(schema, place, "$ref");
            return Reference(reference, place);
        }
        if (schema.TryGetProperty("const", out JsonElement constant))
        {
            Allow(schema, place, "const", "type");
            return _grammar.Add(GrammarBuilder.Literal(Compact(constant)));
        }
        if (schema.TryGetProperty("enum", out JsonElement values))
        {
            Allow(schema, place, "enum", "type");
            if (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() == 0)
                throw Refuse("enum must be an array with values", place);
            return _grammar.Add(string.Join(" | ", values.EnumerateArray().Select(v => GrammarBuilder.Literal(Compact(v)))));
        }
        foreach (string union in (string[])["anyOf", "oneOf"])
        {
            if (schema.TryGetProperty(union, out JsonElement branches))
            {
                Allow(schema, place, union, "type");
                return _grammar.Add(string.Join(" | ", Branches(branches, union, place).Select((b, i) => Visit(b, $"{place}/{union}/{i}"))));
            }
        }
        if (schema.TryGetProperty("allOf", out JsonElement all))
        {
            Allow(schema, place, "allOf", "type", "properties", "required", "additionalProperties");
            return Members(SchemaMerge.AllOf(schema, Branches(all, "allOf", place), p => Resolve(p, place), place), place);
        }
        return Typed(schema, place);
    }

    private string Typed(JsonElement schema, string place)
    {
        if (!schema.TryGetProperty("type", out JsonElement type))
        {
            string? implied = schema.TryGetProperty("properties", out _) || schema.TryGetProperty("additionalProperties", out _) ? "object"
                : schema.TryGetProperty("items", out _) || schema.TryGetProperty("prefixItems", out _) ? "array"
                : schema.TryGetProperty("pattern", out _) || schema.TryGetProperty("maxLength", out _) || schema.TryGetProperty("minLength", out _) ? "string"
                : schema.TryGetProperty("minimum", out _) || schema.TryGetProperty("maximum", out _) ? "number" : null;
            if (implied is not null)
                return OfType(implied, schema, place);
            Allow(schema, place);
            return "value";
        }
        if (type.ValueKind == JsonValueKind.Array)
        {
            string[] rules = [.. type.EnumerateArray().Select(t => OfType(t.GetString() ?? "", schema, place, several: true))];
            return rules.Length > 0 ? _grammar.Add(string.Join(" | ", rules)) : throw Refuse("type is an empty array", place);
        }
        string rule = OfType(type.ValueKind == JsonValueKind.String ? type.GetString()! : "", schema, place);
        return schema.TryGetProperty("nullable", out JsonElement nullable) && nullable.ValueKind == JsonValueKind.True ? _grammar.Add($"{rule} | null") : rule;
    }

    private string OfType(string type, JsonElement schema, string place, bool several = false)
    {
        void Check(params string[] keywords)
        {
            // With several types each keyword concerns one of them; together they must cover all keywords.
            if (several)
                Allow(schema, place, ["type", .. ObjectKeywords, .. ArrayKeywords, .. StringKeywords, .. NumberKeywords]);
            else
                Allow(schema, place, ["type", .. keywords]);
        }
        switch (type)
        {
            case "object":
                Check(ObjectKeywords);
                return Members(SchemaMerge.Plain(schema, place), place);
            case "array":
                Check(ArrayKeywords);
                return Items(schema, place);
            case "string":
                Check(StringKeywords);
                return Text(schema, place);
            case "integer" or "number":
                Check(NumberKeywords);
                return Number(schema, place, type == "integer");
            case "boolean" or "null":
                Check();
                return type;
            default:
                throw Refuse($"unknown type {type}", place);
        }
    }

    private static readonly string[] ObjectKeywords = ["properties", "required", "additionalProperties"];
    private static readonly string[] ArrayKeywords = ["items", "prefixItems", "minItems", "maxItems"];
    private static readonly string[] StringKeywords = ["minLength", "maxLength", "pattern", "format"];
    private static readonly string[] NumberKeywords = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];

    /// <summary>Properties in the order of the schema; optional ones may be left out; further ones last, under names not yet used.</summary>
    private string Members(ObjectSchema schema, string place)
    {
        if (schema.Properties.Count == 0 && schema.Additional is null)
            return schema.Closed ? _grammar.Add("\"{\" ws \"}\"") : "object";
        string[] members = [.. schema.Properties.Select(p =>
            $"{GrammarBuilder.Literal(Compact(p.Name))} \":\" ws {Visit(p.Schema, $"{place}/properties/{p.Name}")}")];
        string tailFirst;
        string tail;
        if (schema.Additional is { } extra)
        {
            string name = KeyExclusion.Rule(_grammar, schema.Properties.Select(p => p.Name));
            string member = $"{name} \":\" ws {Visit(extra, $"{place}/additionalProperties")} ws";
            tailFirst = _grammar.Add($"({member} (\",\" ws {member})*)?");
            tail = _grammar.Add($"(\",\" ws {member})*");
        }
        else
        {
            tailFirst = tail = "\"\"";
        }
        for (int i = members.Length - 1; i >= 0; i--)
        {
            string taken = $"{members[i]} ws {tail}";
            bool required = schema.Properties[i].Required;
            string nextFirst = required ? taken : $"({taken} | {tailFirst})";
            string next = required ? $"\",\" ws {taken}" : $"(\",\" ws {taken} | {tail})";
            tailFirst = _grammar.Add(nextFirst);
            tail = _grammar.Add(next);
        }
        return _grammar.Add($"\"{{\" ws {tailFirst} \"}}\"");
    }

    private string Items(JsonElement schema, string place)
    {
        int min = Count(schema, "minItems", place) ?? 0;
        int? max = Count(schema, "maxItems", place);
        List<string> fixedItems = [];
        if (schema.TryGetProperty("prefixItems", out JsonElement prefix))
            fixedItems.AddRange(Branches(prefix, "prefixItems", place).Select((p, i) => Visit(p, $"{place}/prefixItems/{i}")));
        bool closed = schema.TryGetProperty("items", out JsonElement items) && items.ValueKind == JsonValueKind.False;
        if (max < min || (closed && min > fixedItems.Count))
            throw Refuse("minItems is larger than maxItems", place);
        if (max < fixedItems.Count)
            throw Refuse("maxItems is smaller than prefixItems", place);
        if (max == 0)
            return _grammar.Add("\"[\" ws \"]\"");
        string rest = closed ? "" : items.ValueKind == JsonValueKind.Undefined ? "value" : Visit(items, $"{place}/items");
        int restMin = Math.Max(0, min - fixedItems.Count);
        int? restMax = closed ? 0 : max - fixedItems.Count;
        if (fixedItems.Count > 0)
        {
            string body = string.Join(" ws \",\" ws ", fixedItems);
            string more = restMax == 0 ? "" : $" (ws \",\" ws {rest}){{{restMin},{restMax}}}";
            return _grammar.Add($"\"[\" ws {body}{more} ws \"]\"");
        }
        string repeated = $"{rest} (ws \",\" ws {rest}){{{Math.Max(0, restMin - 1)},{restMax - 1}}}";
        return _grammar.Add(restMin > 0 ? $"\"[\" ws {repeated} ws \"]\"" : $"\"[\" ws ({repeated} ws)? \"]\"");
    }

    private string Text(JsonElement schema, string place)
    {
        int? min = Count(schema, "minLength", place);
        int? max = Count(schema, "maxLength", place);
        bool sized = min is not null || max is not null;
        if (schema.TryGetProperty("pattern", out JsonElement pattern))
        {
            if (sized || schema.TryGetProperty("format", out _))
                throw Refuse("pattern together with minLength, maxLength or format is not supported", place);
            try
            {
                return _grammar.Add($"\"\\\"\" {PatternGrammar.Convert(pattern.GetString() ?? "")} \"\\\"\"");
            }
            catch (FormatException e)
            {
                throw Refuse($"pattern is not supported: {e.Message}", place);
            }
        }
        if (schema.TryGetProperty("format", out JsonElement format))
        {
            string body = StringFormats.Find(format.GetString() ?? "") ?? throw Refuse($"format {format} is not supported", place);
            return sized ? throw Refuse("format together with minLength or maxLength is not supported", place) : _grammar.Add($"\"\\\"\" {body} \"\\\"\"");
        }
        if (max < (min ?? 0))
            throw Refuse("minLength is larger than maxLength", place);
        return sized ? _grammar.Add($"\"\\\"\" char{{{min ?? 0},{max}}} \"\\\"\"") : "string";
    }

    private string Number(JsonElement schema, string place, bool whole)
    {
        double min = Bound(schema, "minimum", double.NegativeInfinity, place);
        double max = Bound(schema, "maximum", double.PositiveInfinity, place);
        double above = Bound(schema, "exclusiveMinimum", double.NegativeInfinity, place);
        double below = Bound(schema, "exclusiveMaximum", double.PositiveInfinity, place);
        bool minExclusive = above >= min && !double.IsNegativeInfinity(above);
        bool maxExclusive = below <= max && !double.IsPositiveInfinity(below);
        min = Math.Max(min, above);
        max = Math.Min(max, below);
        if (double.IsInfinity(min) && double.IsInfinity(max))
            return whole ? "integer" : "number";
        string? body = whole
            ? NumberRange.Integers(
                (long)Math.Clamp(minExclusive ? Math.Floor(min) + 1 : Math.Ceiling(min), -NumberRange.Limit, NumberRange.Limit),
                (long)Math.Clamp(maxExclusive ? Math.Ceiling(max) - 1 : Math.Floor(max), -NumberRange.Limit, NumberRange.Limit))
            : NumberRange.Decimals(min, minExclusive, max, maxExclusive);
        return _grammar.Add(body ?? throw Refuse("no number that can be written lies within the bounds", place));
    }

    private string Reference(JsonElement reference, string place)
    {
        string pointer = reference.GetString() ?? "";
        if (_references.TryGetValue(pointer, out string? known))
            return known;
        string rule = _references[pointer] = _grammar.Reserve();
        _grammar.Set(rule, Visit(Resolve(pointer, place), pointer));
        return rule;
    }

    private JsonElement Resolve(string pointer, string place)
    {
        if (!pointer.StartsWith('#'))
            throw Refuse($"$ref {pointer} leaves the schema", place);
        JsonElement at = _root;
        foreach (string raw in pointer.Split('/').Skip(1))
        {
            string part = Uri.UnescapeDataString(raw).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(part, out JsonElement member))
                at = member;
            else if (at.ValueKind == JsonValueKind.Array && int.TryParse(part, out int index) && index >= 0 && index < at.GetArrayLength())
                at = at[index];
            else
                throw Refuse($"$ref {pointer} points to nothing", place);
        }
        return at;
    }

    private static JsonElement[] Branches(JsonElement value, string keyword, string place) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 ? [.. value.EnumerateArray()] : throw Refuse($"{keyword} must be an array with schemas", place);

    private static int? Count(JsonElement schema, string keyword, string place)
    {
        if (!schema.TryGetProperty(keyword, out JsonElement value))
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int n) && n is >= 0 and <= MaxRepeat
            ? n
            : throw Refuse($"{keyword} must be a whole number from 0 to {MaxRepeat}", place);
    }

    private static double Bound(JsonElement schema, string keyword, double fallback, string place) =>
        !schema.TryGetProperty(keyword, out JsonElement value) ? fallback
        : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Refuse($"{keyword} must be a number", place);

    private static void Allow(JsonElement schema, string place, params string[] keywords)
    {
        foreach (JsonProperty property in schema.EnumerateObject())
        {
            if (!keywords.Contains(property.Name) && !Annotations.Contains(property.Name))
                throw Refuse($"the keyword {property.Name} is not supported here", place);
        }
    }

    /// <summary>Compact JSON, plain characters left as they are.</summary>
    private static string Compact(JsonElement value)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            value.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Compact(string name)
    {
        return $"\"{JsonEncodedText.Encode(name, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
    }

    internal static EngineException Refuse(string message, string place) =>
        new(EngineErrorKind.InvalidRequest, $"json_schema at {place}: {message}", "response_format");
}
