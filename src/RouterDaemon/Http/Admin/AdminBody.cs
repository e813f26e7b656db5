using System.Text.Json;

namespace RouterDaemon.Http.Admin;

/// <summary>The JSON object that an administrative request carries; no body is an empty object.</summary>
internal static class AdminBody
{
    private const long MaxBytes = 1 << 20;

    /// <exception cref="ApiException">400 when it is not a JSON object.</exception>
    public static async ValueTask<JsonDocument> ReadAsync(RequestContext context)
    {
        using var body = await RequestBody.ReadAsync(context, MaxBytes).ConfigureAwait(false);
        try
        {
            // Parsed from a copy: the document outlives the pooled body.
            var document = JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body.Span.ToArray());
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new ApiException(ApiError.BadRequest("The body must be a JSON object."));
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiError.BadRequest($"The body is not JSON (byte {e.BytePositionInLine} of line {e.LineNumber + 1})."));
        }
    }

    /// <summary>A text; null = absent.</summary>
    public static string? Text(JsonElement body, string name, int maxChars = 256) => !body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text && text.Length <= maxChars ? text
        : throw new ApiException(ApiError.BadRequest($"\"{name}\" must be a text of 1 to {maxChars} characters.", name, "invalid_value"));

    /// <summary>A number from 0 on; null = absent.</summary>
    public static double? Number(JsonElement body, string name) => !body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and < 1e9 and var number ? number
        : throw new ApiException(ApiError.BadRequest($"\"{name}\" must be a number from 0 on.", name, "invalid_value"));
}
