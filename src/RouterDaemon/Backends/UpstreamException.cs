using RouterDaemon.Relay;

namespace RouterDaemon.Backends;

/// <summary>An attempt that failed on the backend's side.</summary>
internal sealed class UpstreamException(RelayError error, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What happened, and whose fault it is.</summary>
    public RelayError Error { get; } = error;

    /// <summary>For refusals of this daemon's own engine: the answer the client gets as it is. Null = a fault of the backend.</summary>
    public Http.ApiError? ClientError { get; init; }

    /// <summary>When to come back, if the backend said so.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
