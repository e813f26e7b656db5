namespace RouterDaemon.Relay;

/// <summary>Why an attempt ended, named after the guilty side.</summary>
internal enum RelayError : byte
{
    /// <summary>It did not fail.</summary>
    None,

    /// <summary>No connection: refused, unreachable, name unknown, TLS failed.</summary>
    UpstreamConnect,

    /// <summary>No connection in time.</summary>
    UpstreamConnectTimeout,

    /// <summary>The connection broke before the status line.</summary>
    UpstreamReset,

    /// <summary>No first content in time. The body was sent: it may have been billed.</summary>
    UpstreamFirstTokenTimeout,

    /// <summary>The stream fell silent.</summary>
    UpstreamBetweenTokensTimeout,

    /// <summary>The answer ended before it was complete.</summary>
    UpstreamTruncated,

    /// <summary>The answer is not what the dialect allows.</summary>
    UpstreamProtocol,

    /// <summary>The answer is an error under a good status, or an error event.</summary>
    UpstreamErrorBody,

    /// <summary>An error status.</summary>
    UpstreamStatus,

    /// <summary>The backend is contended: 429.</summary>
    UpstreamRateLimited,

    /// <summary>The backend refused the request as it stands: the client's fault, no retry.</summary>
    RequestRefused,

    /// <summary>The request holds what this backend's dialect cannot say. Nothing was sent; another deployment may serve it.</summary>
    Untranslatable,

    /// <summary>The client went away.</summary>
    ClientGone,

    /// <summary>The client read too slowly.</summary>
    ClientStalled,

    /// <summary>The request's own deadline passed.</summary>
    Deadline,

    /// <summary>The daemon is stopping.</summary>
    ShuttingDown,

    /// <summary>Another attempt at the same request answered first.</summary>
    HedgeLost,
}
