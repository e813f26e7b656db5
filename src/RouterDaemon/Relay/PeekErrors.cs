using RouterDaemon.Core.Wire;
using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>Says in a sentence what <see cref="RequestPeeker"/> found wrong.</summary>
internal static class PeekErrors
{
    /// <summary>The 400 for a fault.</summary>
    public static ApiError ToApiError(in PeekError error) => error.Kind switch
    {
        PeekErrorKind.MalformedJson => ApiError.BadRequest(error.Expected.Length > 0
            ? $"The body is not JSON: it must be {error.Expected} (byte {error.Offset})."
            : $"The body is not JSON: it breaks at byte {error.Offset}.", null, "invalid_json"),
        PeekErrorKind.NotAnObject => ApiError.BadRequest($"The body must be a JSON object (byte {error.Offset}).", null, "invalid_json"),
        PeekErrorKind.DuplicateKey => ApiError.BadRequest(
            $"\"{error.Key}\" stands twice in the body; the second is at byte {error.Offset}.", error.Key, "duplicate_key"),
        PeekErrorKind.MissingModel => ApiError.BadRequest("\"model\" is missing: name the model to use.", "model", "missing_required_parameter"),
        PeekErrorKind.OutOfRange => ApiError.BadRequest(
            $"\"{error.Key}\" must be {error.Expected} (byte {error.Offset}).", error.Key, "invalid_value"),
        _ => ApiError.BadRequest($"\"{error.Key}\" must be {error.Expected} (byte {error.Offset}).", error.Key, "invalid_type"),
    };
}
