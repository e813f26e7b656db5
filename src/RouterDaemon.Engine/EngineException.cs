namespace RouterDaemon.Engine;

/// <summary>Every failure the engine reports, one line fit for the client.</summary>
public sealed class EngineException : Exception
{
    public EngineException(EngineErrorKind kind, string message, string? param = null, Exception? inner = null) : base(message, inner)
    {
        Kind = kind;
        Param = param;
    }

    public EngineException() : this(EngineErrorKind.Internal, "engine failure") { }

    public EngineException(string message) : this(EngineErrorKind.Internal, message) { }

    public EngineException(string message, Exception inner) : this(EngineErrorKind.Internal, message, null, inner) { }

    public EngineErrorKind Kind { get; }

    /// <summary>The request parameter at fault, as the client spelt it; null when none is.</summary>
    public string? Param { get; }

    /// <summary>When to come back; set for <see cref="EngineErrorKind.QueueFull"/>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
