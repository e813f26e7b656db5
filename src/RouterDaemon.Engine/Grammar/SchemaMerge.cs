using System.Text.Json;

namespace RouterDaemon.Engine.Grammar;

/// <summary>Reads the object keywords of a schema, and of several at once for <c>allOf</c>.</summary>
internal static class SchemaMerge
{
    public static ObjectSchema Plain(JsonElement schema, string place) => Combine([schema], place);

    /// <exception cref="EngineException">A part is no plain object schema, or two parts describe the same property differently.</exception>
    public static ObjectSchema AllOf(JsonElement schema, JsonElement[] parts, Func<string, JsonElement> resolve, string place)
    {
        List<JsonElement> flat = [schema];
        foreach (JsonElement part in parts)
        {
            JsonElement target = part;
            for (int hops = 0; target.ValueKind == JsonValueKind.Object && target.TryGetProperty("$ref", out JsonElement reference); hops++)
                target = hops < 16 ? resolve(reference.GetString() ?? "") : throw JsonSchemaGrammar.Refuse("$ref in a circle", place);
            if (target.ValueKind != JsonValueKind.Object)
                throw JsonSchemaGrammar.Refuse("allOf holds something that is no object schema", place);
            foreach (JsonProperty keyword in target.EnumerateObject())
            {
                if (keyword.Name is not ("type" or "properties" or "required" or "title" or "description" or "additionalProperties" or "$defs" or "definitions"))
                    throw JsonSchemaGrammar.Refuse($"the keyword {keyword.Name} is not supported inside allOf", place);
            }
            if (target.TryGetProperty("type", out JsonElement type) && !type.ValueEquals("object"u8))
                throw JsonSchemaGrammar.Refuse("allOf is supported for objects only", place);
            flat.Add(target);
        }
        if (flat.Count(f => f.TryGetProperty("additionalProperties", out JsonElement a) && a.ValueKind == JsonValueKind.False) is > 0 and int closed && (closed > 1 || flat.Count > 2))
            throw JsonSchemaGrammar.Refuse("allOf with additionalProperties false forbids the properties of the other parts", place);
        return Combine(flat, place);
    }

    private static ObjectSchema Combine(List<JsonElement> schemas, string place)
    {
        List<ObjectProperty> properties = [];
        HashSet<string> required = new(StringComparer.Ordinal);
        JsonElement? additional = null;
        bool closed = false;
        foreach (JsonElement schema in schemas)
        {
            if (schema.TryGetProperty("required", out JsonElement names))
            {
                if (names.ValueKind != JsonValueKind.Array || names.EnumerateArray().Any(n => n.ValueKind != JsonValueKind.String))
                    throw JsonSchemaGrammar.Refuse("required must be an array of strings", place);
                required.UnionWith(names.EnumerateArray().Select(n => n.GetString()!));
            }
            if (schema.TryGetProperty("properties", out JsonElement members))
            {
                if (members.ValueKind != JsonValueKind.Object)
                    throw JsonSchemaGrammar.Refuse("properties must be an object", place);
                foreach (JsonProperty member in members.EnumerateObject())
                {
                    int at = properties.FindIndex(p => p.Name == member.Name);
                    if (at >= 0 && !JsonElement.DeepEquals(properties[at].Schema, member.Value))
                        throw JsonSchemaGrammar.Refuse($"property {member.Name} is described twice", place);
                    if (at < 0)
                        properties.Add(new ObjectProperty(member.Name, member.Value, false));
                }
            }
            if (schema.TryGetProperty("additionalProperties", out JsonElement more))
            {
                closed |= more.ValueKind == JsonValueKind.False;
                additional = more.ValueKind == JsonValueKind.False ? additional : more;
            }
        }
        foreach (string name in required.Where(n => !properties.Exists(p => p.Name == n)).Order(StringComparer.Ordinal))
        {
            if (closed)
                throw JsonSchemaGrammar.Refuse($"property {name} is required but not allowed", place);
            using JsonDocument any = JsonDocument.Parse("true");
            properties.Add(new ObjectProperty(name, additional ?? any.RootElement.Clone(), true));
        }
        return new ObjectSchema([.. properties.Select(p => p with { Required = required.Contains(p.Name) })], closed ? null : additional, closed);
    }
}
