namespace RouterDaemon.Config;

/// <summary>Access control of the inference surface.</summary>
internal sealed record AuthConfig
{
    /// <summary>True = every caller needs an API key. Becomes true as soon as a key exists or a listen address is not loopback.</summary>
    public bool Required { get; init; }

    /// <summary>True when the file says in words that an open, non-loopback listener is meant.</summary>
    public bool OpenOnPurpose { get; init; }
}
