using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Config.Schema;

namespace RouterDaemon.Config;

/// <summary>The configuration and its schema as text, both from <see cref="RouterdSchema"/>.</summary>
internal static class ConfigPrinter
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>JSON Schema (draft 2020-12) of the file, with a final line break.</summary>
    public static string Schema()
    {
        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "routerd.yaml",
        };
        foreach (var (key, part) in RouterdSchema.Root.Schema().ToList())
        {
            root[key] = part?.DeepClone();
        }

        root["$defs"] = new JsonObject
        {
            ["variable"] = new JsonObject { ["type"] = "string", ["pattern"] = @"\$\{[A-Za-z_][A-Za-z0-9_]*\}" },
            ["duration"] = new JsonObject
            {
                ["description"] = "A time span with its unit: 500ms, 2s, 10m, 1h; 0; -1 = never where that is allowed.",
                ["anyOf"] = new JsonArray(
                    new JsonObject { ["type"] = "string", ["pattern"] = DurationText.Pattern },
                    new JsonObject { ["enum"] = new JsonArray(0, -1) },
                    new JsonObject { ["$ref"] = "#/$defs/variable" }),
            },
            ["size"] = new JsonObject
            {
                ["description"] = "A number of bytes with its unit: 256MiB, 1GB.",
                ["anyOf"] = new JsonArray(
                    new JsonObject { ["type"] = "string", ["pattern"] = SizeType.Pattern },
                    new JsonObject { ["$ref"] = "#/$defs/variable" }),
            },
        };
        return Json(root);
    }

    /// <summary>Effective values with defaults, without secrets.</summary>
    public static string ShowJson(RouterdConfig config) => Json(RouterdSchema.Root.Show(config)!);

    /// <summary>Effective values with defaults, without secrets; what it prints can be read again.</summary>
    public static string ShowYaml(RouterdConfig config) => Yaml(RouterdSchema.Root.Show(config)!.AsObject());

    /// <summary>A mapping as YAML; <c>${</c> in texts is escaped.</summary>
    public static string Yaml(JsonObject mapping)
    {
        var text = new StringBuilder();
        WriteMapping(text, mapping, 0);
        return text.ToString();
    }

    private static string Json(JsonNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented))
        {
            node.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray()).ReplaceLineEndings("\n") + "\n";
    }

    private static void WriteMapping(StringBuilder text, JsonObject mapping, int indent)
    {
        foreach (var (key, value) in mapping)
        {
            text.Append(' ', indent).Append(Scalar(key)).Append(':');
            WriteValue(text, value, indent + 2);
        }
    }

    private static void WriteValue(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } mapping:
                text.Append('\n');
                WriteMapping(text, mapping, indent);
                break;
            case JsonArray { Count: > 0 } list when list.Any(i => i is JsonObject):
                text.Append('\n');
                foreach (var item in list)
                {
                    WriteItem(text, item, indent);
                }

                break;
            case JsonArray list:
                text.Append(" [").Append(string.Join(", ", list.Select(i => Scalar(i!)))).Append("]\n");
                break;
            case JsonObject:
                text.Append(" {}\n");
                break;
            case null:
                text.Append(" null\n");
                break;
            default:
                text.Append(' ').Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static void WriteItem(StringBuilder text, JsonNode? item, int indent)
    {
        if (item is not JsonObject mapping)
        {
            text.Append(' ', indent).Append("- ").Append(Scalar(item!)).Append('\n');
            return;
        }

        var start = text.Length;
        WriteMapping(text, mapping, indent + 2);
        text[start + indent] = '-';
    }

    private static string Scalar(JsonNode value) => value.GetValueKind() == JsonValueKind.String ? Scalar(value.GetValue<string>()) : value.ToJsonString();

    // Quoted unless it is a plain word that YAML cannot take for anything else.
    private static string Scalar(string text)
    {
        var plain = text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] == '/')
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or ':')
            && !text.EndsWith(':') && text.ToLowerInvariant() is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
        var literal = VariableEscaped(text);
        return plain || IsQuantity(text) ? literal : "\"" + JsonEncodedText.Encode(literal, Indented.Encoder) + "\"";
    }

    private static bool IsQuantity(string text) => text.Length > 1 && char.IsAsciiDigit(text[0])
        && (DurationText.TryParse(text, out _) || text.TrimStart(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) is "KiB" or "MiB" or "GiB" or "TiB");

    private static string VariableEscaped(string text) => text.Replace("${", "$${", StringComparison.Ordinal);
}
