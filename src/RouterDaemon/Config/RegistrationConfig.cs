namespace RouterDaemon.Config;

/// <summary>Remote agents that join, and the router that this daemon joins.</summary>
internal sealed record RegistrationConfig
{
    /// <summary>Name of the environment variable with the shared secret; null = <c>/register</c> is off.</summary>
    public string? SecretEnv { get; init; }

    public Secret? Secret { get; init; }

    /// <summary>Null (default) = this daemon joins nobody.</summary>
    public JoinConfig? Join { get; init; }
}
