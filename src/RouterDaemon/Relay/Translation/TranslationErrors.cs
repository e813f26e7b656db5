using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation;

/// <summary>Refusals of bodies that a translator reads, each naming the field, and the accessors that throw them.</summary>
internal static class TranslationErrors
{
    /// <summary>422: the field means something that the other dialect has no word for.</summary>
    public static ApiException Untranslatable(string field, string? why = null) =>
        new(ApiError.Impossible($"\"{field}\" cannot be translated{(why is null ? "" : ": " + why)}.", field));

    /// <summary>400: the field is not what its dialect says.</summary>
    public static ApiException Invalid(string field, string what) => new(ApiError.BadRequest($"\"{field}\" {what}.", field, "invalid_value"));

    /// <summary>400: the field is not there.</summary>
    public static ApiException Missing(string field) => new(ApiError.BadRequest($"\"{field}\" is missing.", field, "missing_required_parameter"));

    /// <summary>The member's value; false when it is absent or null.</summary>
    public static bool TryGet(this JsonElement element, string name, out JsonElement value) =>
        element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The member's text, or null when it is absent.</summary>
    public static string? Text(this JsonElement element, string name, string path) =>
        !element.TryGet(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Invalid(Join(path, name), "must be a string");

    /// <summary>The member's text.</summary>
    public static string RequiredText(this JsonElement element, string name, string path) =>
        element.Text(name, path) ?? throw Missing(Join(path, name));

    /// <summary>The member's flag; false when it is absent.</summary>
    public static bool Flag(this JsonElement element, string name, string path) =>
        element.TryGet(name, out var value)
        && (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Invalid(Join(path, name), "must be true or false"));

    /// <summary>The member's integer, or null when it is absent.</summary>
    public static int? Integer(this JsonElement element, string name, string path) =>
        !element.TryGet(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
        : throw Invalid(Join(path, name), "must be an integer");

    /// <summary>The member, which must be an array.</summary>
    public static JsonElement RequiredArray(this JsonElement element, string name, string path) =>
        !element.TryGet(name, out var value) ? throw Missing(Join(path, name))
        : value.ValueKind == JsonValueKind.Array ? value
        : throw Invalid(Join(path, name), "must be an array");

    /// <summary>The element itself when it is an object.</summary>
    public static JsonElement AsObject(this JsonElement element, string path) =>
        element.ValueKind == JsonValueKind.Object ? element : throw Invalid(path, "must be an object");

    /// <summary>Copies a member as it stands, under another name if need be.</summary>
    public static void Copy(this JsonElement element, string name, Utf8JsonWriter json, string? to = null)
    {
        if (element.TryGet(name, out var value))
        {
            json.WritePropertyName(to ?? name);
            value.WriteTo(json);
        }
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
