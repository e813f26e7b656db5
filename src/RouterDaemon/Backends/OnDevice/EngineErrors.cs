using RouterDaemon.Engine;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>The engine's errors in the relay's terms.</summary>
internal static class EngineErrors
{
    /// <summary>What an engine error means for the request and for its deployment.</summary>
    public static UpstreamException ToUpstream(EngineException e) => e.Kind switch
    {
        EngineErrorKind.ContextLengthExceeded => Refused(e, ApiError.BadRequest(e.Message, e.Param ?? "messages", "context_length_exceeded")),
        EngineErrorKind.InvalidRequest => Refused(e, ApiError.BadRequest(e.Message, e.Param, "invalid_value")),
        EngineErrorKind.Unsupported => Refused(e, ApiError.Impossible(e.Message, e.Param)),
        EngineErrorKind.UnknownModel => Refused(e, ApiError.ModelNotFound(e.Message)),
        EngineErrorKind.QueueFull => new UpstreamException(RelayError.UpstreamRateLimited, e.Message, e)
        {
            RetryAfter = e.RetryAfter,
            ClientError = ApiError.Unavailable(e.Message, e.RetryAfter ?? TimeSpan.FromSeconds(1), "queue_full"),
        },
        EngineErrorKind.ModelLoadFailed or EngineErrorKind.NativeUnavailable => new UpstreamException(RelayError.UpstreamConnect, e.Message, e)
        {
            ClientError = ApiError.Unavailable(e.Message, TimeSpan.FromSeconds(30), "model_load_failed"),
        },
        _ => new UpstreamException(RelayError.UpstreamErrorBody, e.Message, e),
    };

    private static UpstreamException Refused(EngineException e, ApiError error) =>
        new(RelayError.RequestRefused, e.Message, e) { ClientError = error };
}
