using System.Buffers;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation;

/// <summary>A dialect whose requests are translated: reads the body, checks it as the relay checks OpenAI's, writes the translation.</summary>
internal abstract class ForeignDialect : ClientDialect
{
    /// <summary>Body and headers may name the routing hints in every dialect.</summary>
    private static readonly string[] HintMembers = ["route", "models", "fallbacks"];

    public override ValueTask<bool> TranslateAsync(InferenceCall call)
    {
        using var body = Parse(call.Original);
        Translate(body.RootElement, call);
        return ValueTask.FromResult(true);
    }

    /// <summary>Parses a body that must be an object.</summary>
    /// <exception cref="ApiException">400 with the byte offset.</exception>
    protected JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        if (!RequestPeeker.TryPeek(body.Span, [], 0, out NativePeek, out var error) && error.Kind != PeekErrorKind.MissingModel)
        {
            throw new ApiException(PeekErrors.ToApiError(error));
        }

        return JsonDocument.Parse(body);
    }

    /// <summary>Writes the members of the translated body and hands it over.</summary>
    protected void Translate(JsonElement root, InferenceCall call)
    {
        var output = new ArrayBufferWriter<byte>(Math.Max(256, root.GetRawText().Length));
        Operation operation;
        try
        {
            using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
            json.WriteStartObject();
            operation = Write(root, json, call);
            foreach (var name in HintMembers)
            {
                root.Copy(name, json);
            }

            json.WriteEndObject();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair as an escape is JSON, but no text.
            throw new ApiException(ApiError.BadRequest("The body holds a string that is not valid Unicode.", null, "invalid_value"));
        }

        call.UseTranslation(output.WrittenMemory, operation);
    }

    /// <summary>Writes the body's members in OpenAI's dialect, but the routing hints.</summary>
    protected abstract Operation Write(JsonElement root, Utf8JsonWriter json, InferenceCall call);
}
