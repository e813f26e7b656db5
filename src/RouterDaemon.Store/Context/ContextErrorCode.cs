namespace RouterDaemon.Store.Context;

/// <summary>The codes of the tools' error envelope; there are no others.</summary>
public enum ContextErrorCode
{
    /// <summary><c>NOT_FOUND</c>.</summary>
    NotFound,

    /// <summary><c>INVALID_PARAMETER</c>.</summary>
    InvalidParameter,

    /// <summary><c>DATABASE_ERROR</c>.</summary>
    DatabaseError,
}
