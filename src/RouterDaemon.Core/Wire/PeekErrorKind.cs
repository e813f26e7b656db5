namespace RouterDaemon.Core.Wire;

/// <summary>Why a body was refused before routing.</summary>
public enum PeekErrorKind : byte
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>Not JSON, not UTF-8, or nested deeper than <see cref="RequestPeeker.MaxDepth"/>.</summary>
    MalformedJson = 1,

    /// <summary>JSON, but not an object.</summary>
    NotAnObject = 2,

    /// <summary>A key that the router reads stands twice: the two sides could read different values.</summary>
    DuplicateKey = 3,

    /// <summary>A key that the router reads has a value of the wrong JSON type.</summary>
    WrongType = 4,

    /// <summary><c>model</c> is absent or empty. Everything else of the peek is valid.</summary>
    MissingModel = 5,

    /// <summary>A number outside its range.</summary>
    OutOfRange = 6,
}
