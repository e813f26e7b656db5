namespace RouterDaemon.Http;

/// <summary>Ends a request before anything was sent, with an answer in the route's own error envelope.</summary>
internal sealed class ApiException(ApiError error) : Exception(error.Message)
{
    /// <summary>What the client is told.</summary>
    public ApiError Error { get; } = error;
}
