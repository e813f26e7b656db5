namespace RouterDaemon.Http;

/// <summary>One error as a client sees it, before its dialect gives it a shape.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">OpenAI's <c>type</c>.</param>
/// <param name="Code">OpenAI's <c>code</c>, or null.</param>
/// <param name="Message">One clear sentence. Never a secret, never a stack trace.</param>
/// <param name="Param">The field at fault, or null.</param>
/// <param name="RetryAfter">When to come back; null = no header.</param>
internal sealed record ApiError(
    int Status, string Type, string? Code, string Message, string? Param = null, TimeSpan? RetryAfter = null)
{
    /// <summary>Value of the <c>Allow</c> header of a 405.</summary>
    public string? Allow { get; init; }

    /// <summary>True when the rest of the request was not read and the connection must close.</summary>
    public bool CloseConnection { get; init; }

    public static ApiError BadRequest(string message, string? param = null, string? code = null) =>
        new(400, "invalid_request_error", code, message, param);

    public static ApiError Unauthorized(string message) => new(401, "invalid_request_error", "invalid_api_key", message);

    public static ApiError BudgetSpent(string message) => new(402, "insufficient_quota", "budget_exceeded", message);

    public static ApiError Forbidden(string message, string code = "forbidden") =>
        new(403, "permission_error", code, message);

    public static ApiError NotFound(string path) => new(404, "invalid_request_error", "not_found", $"There is no {path} here.");

    public static ApiError MethodNotAllowed(string method, string path, string allow) =>
        new(405, "invalid_request_error", "method_not_allowed", $"{path} does not take {method}; it takes {allow}.") { Allow = allow };

    public static ApiError ResponseNotFound(string id) => new(404, "invalid_request_error", "response_not_found", $"There is no response \"{id}\": it was not stored, or not for long enough.", "response_id");

    public static ApiError ModelNotFound(string message) => new(404, "invalid_request_error", "model_not_found", message, "model");

    public static ApiError TooLarge(long maxBytes) =>
        new(413, "invalid_request_error", "body_too_large", $"The body is larger than {maxBytes} bytes (max_body_bytes).")
        {
            CloseConnection = true,
        };

    public static ApiError UnsupportedMediaType(string? given) =>
        new(415, "invalid_request_error", "unsupported_media_type", string.IsNullOrEmpty(given)
            ? "The body needs the header Content-Type: application/json."
            : $"Content-Type {given} is not taken; send application/json.");

    public static ApiError Impossible(string message, string? param = null) =>
        new(422, "invalid_request_error", "impossible", message, param);

    public static ApiError TooManyRequests(string message, TimeSpan retryAfter) =>
        new(429, "rate_limit_error", "rate_limit_exceeded", message, null, retryAfter);

    public static ApiError Internal(string requestId) =>
        new(500, "server_error", "internal_error", $"The daemon failed on this request; its log has the reason under {requestId}.");

    public static ApiError BadGateway(string message, string code = "upstream_error") => new(502, "upstream_error", code, message);

    public static ApiError Unavailable(string message, TimeSpan retryAfter, string code = "no_deployment_available") =>
        new(503, "server_error", code, message, null, retryAfter);

    public static ApiError Deadline(string message) => new(504, "timeout_error", "deadline_exceeded", message);
}
