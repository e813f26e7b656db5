using System.Text.Json;

namespace RouterDaemon.Engine.Grammar;

/// <summary>OpenAI's <c>response_format</c>, and llama-server's schema beside <c>json_object</c>.</summary>
internal static class ResponseFormat
{
    public const int MaxBytes = 256 << 10;

    /// <summary>The grammar asked for, null for text.</summary>
    /// <exception cref="EngineException">Malformed, of an unknown type, or with a schema that is not supported.</exception>
    public static string? ToGrammar(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
            return null;
        if (json.Length > MaxBytes)
            throw Invalid($"response_format has {json.Length} bytes, the limit is {MaxBytes}");
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return FromElement(document.RootElement);
        }
        catch (JsonException e)
        {
            throw Invalid($"response_format is not valid JSON (byte {e.BytePositionInLine})");
        }
    }

    private static string? FromElement(JsonElement format)
    {
        if (format.ValueKind == JsonValueKind.Null)
            return null;
        if (format.ValueKind != JsonValueKind.Object || !format.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String)
            throw Invalid("response_format must be an object with a type");
        switch (type.GetString())
        {
            case "text":
                return null;
            case "json_object":
                return format.TryGetProperty("schema", out JsonElement plain) && plain.ValueKind != JsonValueKind.Null
                    ? JsonSchemaGrammar.Convert(plain)
                    : JsonSchemaGrammar.AnyObject();
            case "json_schema":
                if (format.TryGetProperty("json_schema", out JsonElement wrapper) && wrapper.ValueKind == JsonValueKind.Object
                    && wrapper.TryGetProperty("schema", out JsonElement schema))
                    return JsonSchemaGrammar.Convert(schema);
                // The Responses API and llama-server put the schema beside the type.
                return format.TryGetProperty("schema", out JsonElement flat)
                    ? JsonSchemaGrammar.Convert(flat)
                    : throw Invalid("response_format.json_schema.schema is missing");
            default:
                throw Invalid($"response_format.type {type} is unknown (text, json_object, json_schema)");
        }
    }

    private static EngineException Invalid(string message) => new(EngineErrorKind.InvalidRequest, message, "response_format");
}
