namespace RouterDaemon.Config;

/// <summary>Who may talk to the daemon over HTTP.</summary>
internal sealed record HttpConfig
{
    /// <summary>Names accepted in <c>Host</c> besides those of <c>listen</c>, without port.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Origins (scheme, host, port) whose pages may call besides the daemon's own.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];
}
