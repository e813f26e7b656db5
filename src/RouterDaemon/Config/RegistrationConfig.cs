namespace RouterDaemon.Config;

/// <summary>Remote local agents that join with a shared secret.</summary>
internal sealed record RegistrationConfig
{
    /// <summary>The shared secret; null = registration is off.</summary>
    public Secret? SharedSecret { get; init; }
}
