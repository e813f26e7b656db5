using RouterDaemon.Backends;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>What each operation needs of a body, and of a deployment.</summary>
internal static class InferenceRules
{
    /// <summary>Refuses a body that no deployment could answer.</summary>
    /// <exception cref="ApiException">400 naming the field.</exception>
    public static void Check(Operation operation, in RequestPeek peek)
    {
        switch (operation)
        {
            case Operation.Chat when peek.Messages.IsEmpty:
                throw Missing("messages");
            case Operation.Chat when peek.MessageCount == 0:
                throw new ApiException(ApiError.BadRequest("\"messages\" must hold at least one message object.", "messages", "invalid_value"));
            case Operation.Completion when peek.Prompt.IsEmpty:
                throw Missing("prompt");
            case Operation.Embeddings when peek.Input.IsEmpty:
                throw Missing("input");
        }
    }

    /// <summary>Capabilities a deployment must have for this request.</summary>
    public static Capability Required(Operation operation, in RequestPeek peek)
    {
        var required = operation switch
        {
            Operation.Chat => Capability.Chat,
            Operation.Completion => Capability.Completion,
            Operation.Rerank => Capability.Rerank,
            _ => Capability.Embeddings,
        };
        required |= peek.HasTools ? Capability.Tools : 0;
        required |= peek.HasImages ? Capability.Vision : 0;
        required |= peek.HasAudio ? Capability.Audio : 0;
        required |= peek.ResponseFormat switch
        {
            ResponseFormatKind.JsonObject => Capability.JsonObject,
            ResponseFormatKind.JsonSchema => Capability.JsonSchema,
            _ => 0,
        };
        required |= operation == Operation.Completion && peek.HasSuffix ? Capability.Infill : 0;
        return required;
    }

    private static ApiException Missing(string field) =>
        new(ApiError.BadRequest($"\"{field}\" is missing.", field, "missing_required_parameter"));
}
