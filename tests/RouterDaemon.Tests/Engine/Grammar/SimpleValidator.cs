using System.Text.Json;
using System.Text.RegularExpressions;

namespace RouterDaemon.Tests.Engine.Grammar;

/// <summary>A slow, obvious validator of the keywords that the grammar supports.</summary>
internal static class SimpleValidator
{
    public static string? Check(JsonElement schema, JsonElement value, JsonElement root, string at = "$")
    {
        if (schema.ValueKind == JsonValueKind.True)
            return null;
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            JsonElement target = root;
            foreach (string part in reference.GetString()!.Split('/').Skip(1))
                target = target.GetProperty(part);
            return Check(target, value, root, at);
        }
        if (schema.TryGetProperty("const", out JsonElement constant) && !JsonElement.DeepEquals(constant, value))
            return $"{at}: not the constant";
        if (schema.TryGetProperty("enum", out JsonElement values) && !values.EnumerateArray().Any(v => JsonElement.DeepEquals(v, value)))
            return $"{at}: not in enum";
        if (schema.TryGetProperty("anyOf", out JsonElement any) && !any.EnumerateArray().Any(s => Check(s, value, root, at) is null))
            return $"{at}: no branch of anyOf fits";
        if (schema.TryGetProperty("allOf", out JsonElement all) && all.EnumerateArray().Select(s => Check(s, value, root, at)).FirstOrDefault(e => e is not null) is { } fault)
            return fault;
        if (schema.TryGetProperty("type", out JsonElement type))
        {
            string[] types = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.GetString()!)] : [type.GetString()!];
            if (!types.Any(t => Is(t, value)))
                return $"{at}: {value.ValueKind} is not {string.Join("/", types)}";
        }
        return value.ValueKind switch
        {
            JsonValueKind.Object => Object(schema, value, root, at),
            JsonValueKind.Array => Array(schema, value, root, at),
            JsonValueKind.String => Text(schema, value.GetString()!, at),
            JsonValueKind.Number => Number(schema, value.GetDouble(), at),
            _ => null,
        };
    }

    private static bool Is(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() % 1 == 0,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind == JsonValueKind.Null,
    };

    private static string? Object(JsonElement schema, JsonElement value, JsonElement root, string at)
    {
        if (schema.TryGetProperty("required", out JsonElement required)
            && required.EnumerateArray().FirstOrDefault(r => !value.TryGetProperty(r.GetString()!, out _)) is { ValueKind: JsonValueKind.String } missing)
            return $"{at}: {missing} is missing";
        foreach (JsonProperty member in value.EnumerateObject())
        {
            string? fault = schema.TryGetProperty("properties", out JsonElement properties) && properties.TryGetProperty(member.Name, out JsonElement own)
                ? Check(own, member.Value, root, $"{at}.{member.Name}")
                : schema.TryGetProperty("additionalProperties", out JsonElement additional)
                    ? additional.ValueKind == JsonValueKind.False ? $"{at}: {member.Name} is not allowed" : Check(additional, member.Value, root, $"{at}.{member.Name}")
                    : null;
            if (fault is not null)
                return fault;
        }
        return null;
    }

    private static string? Array(JsonElement schema, JsonElement value, JsonElement root, string at)
    {
        int count = value.GetArrayLength();
        if (schema.TryGetProperty("minItems", out JsonElement min) && count < min.GetInt32() || schema.TryGetProperty("maxItems", out JsonElement max) && count > max.GetInt32())
            return $"{at}: {count} items";
        JsonElement[] prefix = schema.TryGetProperty("prefixItems", out JsonElement p) ? [.. p.EnumerateArray()] : [];
        for (int i = 0; i < count; i++)
        {
            JsonElement? item = i < prefix.Length ? prefix[i] : schema.TryGetProperty("items", out JsonElement items) ? items : null;
            if (item is { ValueKind: JsonValueKind.False })
                return $"{at}: too many items";
            if (item is { } s && Check(s, value[i], root, $"{at}[{i}]") is { } fault)
                return fault;
        }
        return null;
    }

    private static string? Text(JsonElement schema, string value, string at)
    {
        int length = value.EnumerateRunes().Count();
        if (schema.TryGetProperty("minLength", out JsonElement min) && length < min.GetInt32() || schema.TryGetProperty("maxLength", out JsonElement max) && length > max.GetInt32())
            return $"{at}: {length} characters";
        if (schema.TryGetProperty("pattern", out JsonElement pattern) && !Regex.IsMatch(value, pattern.GetString()!, RegexOptions.ECMAScript))
            return $"{at}: \"{value}\" does not match {pattern}";
        return schema.TryGetProperty("format", out JsonElement format) && !Fits(format.GetString()!, value) ? $"{at}: \"{value}\" is no {format}" : null;
    }

    private static bool Fits(string format, string value) => format switch
    {
        "date" => DateOnly.TryParseExact(value == "" ? "" : value[0] == '0' && value.StartsWith("0000", StringComparison.Ordinal) ? "2000" + value[4..] : value, "yyyy-MM-dd", out _),
        "date-time" => DateTimeOffset.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out _) || Regex.IsMatch(value, @"[-+](1[4-9]|2[0-3]):|14:\d\d$"),
        "uuid" => Guid.TryParseExact(value, "D", out _),
        "ipv4" => System.Net.IPAddress.TryParse(value, out System.Net.IPAddress? v4) && v4.ToString() == value,
        "ipv6" => System.Net.IPAddress.TryParse(value, out _),
        "email" => System.Net.Mail.MailAddress.TryCreate(value, out _) || value.Contains("..", StringComparison.Ordinal),
        "uri" => Uri.TryCreate(value, UriKind.Absolute, out _),
        _ => true,
    };

    private static string? Number(JsonElement schema, double value, string at)
    {
        bool bad = (schema.TryGetProperty("minimum", out JsonElement a) && value < a.GetDouble())
            || (schema.TryGetProperty("maximum", out JsonElement b) && value > b.GetDouble())
            || (schema.TryGetProperty("exclusiveMinimum", out JsonElement c) && value <= c.GetDouble())
            || (schema.TryGetProperty("exclusiveMaximum", out JsonElement d) && value >= d.GetDouble());
        return bad ? $"{at}: {value} is out of bounds" : null;
    }
}
