namespace RouterDaemon.Engine;

/// <summary>What went wrong, in the terms an HTTP front end needs.</summary>
public enum EngineErrorKind
{
    /// <summary>The prompt does not fit the slot's context (400).</summary>
    ContextLengthExceeded,

    /// <summary>A parameter or message is wrong (400).</summary>
    InvalidRequest,

    /// <summary>Too many requests wait already (503 with Retry-After).</summary>
    QueueFull,

    /// <summary>The model file is missing, damaged, unknown to llama.cpp, or does not fit (503).</summary>
    ModelLoadFailed,

    /// <summary>The llama.cpp libraries are missing or mismatched (503).</summary>
    NativeUnavailable,

    /// <summary>The model or this build cannot do what was asked (400/422).</summary>
    Unsupported,

    /// <summary>No model of that name is configured (404).</summary>
    UnknownModel,

    /// <summary>The decode failed (500).</summary>
    Internal,
}
