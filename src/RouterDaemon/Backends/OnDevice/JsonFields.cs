using System.Globalization;
using System.Text;
using System.Text.Json;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>Reads members of a request's body; a wrong one is a 400 that names it. Absent and null mean the same.</summary>
internal static class JsonFields
{
    public static bool TryGet(JsonElement root, string name, out JsonElement value) =>
        root.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    public static int? Int(JsonElement root, string name) =>
        !TryGet(root, name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
        : throw Bad(name, "must be an integer");

    public static float? Float(JsonElement root, string name, float min, float max) =>
        !TryGet(root, name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.GetSingle() is var number && number >= min && number <= max ? number
        : throw Bad(name, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"));

    public static bool? Bool(JsonElement root, string name) =>
        !TryGet(root, name, out var value) ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Bad(name, "must be true or false");

    public static string? Text(JsonElement root, string name) =>
        !TryGet(root, name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Bad(name, "must be a string");

    /// <summary>The member as it stands; empty when it is absent.</summary>
    public static ReadOnlyMemory<byte> Raw(JsonElement root, string name) =>
        TryGet(root, name, out var value) ? Encoding.UTF8.GetBytes(value.GetRawText()) : default;

    /// <summary>A string, or an array of strings; none when it is absent.</summary>
    public static List<string> Texts(JsonElement root, string name)
    {
        if (!TryGet(root, name, out var value))
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return [value.GetString()!];
        }

        var texts = new List<string>();
        foreach (var item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Bad(name, "must be a string or an array of strings"))
        {
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Bad(name, "must be a string or an array of strings"));
        }

        return texts;
    }

    public static UpstreamException Bad(string field, string what)
    {
        var message = $"\"{field}\" {what}.";
        return new UpstreamException(RelayError.RequestRefused, message) { ClientError = ApiError.BadRequest(message, field, "invalid_value") };
    }
}
