namespace RouterDaemon.Config;

/// <summary>Remote local agents that join.</summary>
internal sealed record RegistrationConfig
{
    /// <summary>Name of the environment variable with the shared secret; null = <c>/register</c> is off.</summary>
    public string? SecretEnv { get; init; }

    public Secret? Secret { get; init; }
}
