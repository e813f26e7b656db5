namespace RouterDaemon.Store.Context;

/// <summary>A question that cannot be answered; becomes the error envelope of a tool.</summary>
public sealed class ContextException(ContextErrorCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The code.</summary>
    public ContextErrorCode Code { get; } = code;

    /// <summary>The code as text.</summary>
    public string CodeText => Code switch
    {
        ContextErrorCode.NotFound => "NOT_FOUND",
        ContextErrorCode.InvalidParameter => "INVALID_PARAMETER",
        _ => "DATABASE_ERROR",
    };

    internal static ContextException Invalid(string message) => new(ContextErrorCode.InvalidParameter, message);
}
