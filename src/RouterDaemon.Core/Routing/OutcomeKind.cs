namespace RouterDaemon.Core.Routing;

/// <summary>How an attempt ended. Values are persisted: append only.</summary>
public enum OutcomeKind : byte
{
    /// <summary>A whole answer.</summary>
    Success = 0,

    /// <summary>The deployment failed: connection, 5xx, a torn or malformed stream.</summary>
    UpstreamError = 1,

    /// <summary>The request was at fault (4xx except 429): teaches nothing about the deployment.</summary>
    RequestError = 2,

    /// <summary>No first token, or no next one, in time.</summary>
    Timeout = 3,

    /// <summary>Refused for load (429, 503 with Retry-After).</summary>
    RateLimited = 4,

    /// <summary>The client went away.</summary>
    Cancelled = 5,

    /// <summary>This program failed: teaches nothing about the deployment.</summary>
    RouterError = 6,
}
