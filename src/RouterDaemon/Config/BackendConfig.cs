using RouterDaemon.Backends;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Config;

/// <summary>One remote backend.</summary>
internal sealed record BackendConfig
{
    /// <summary>Its id, the second part of deployment ids.</summary>
    public required string Id { get; init; }

    /// <summary>What it speaks; a name of <c>Backends.cs</c>'s table.</summary>
    public required string Kind { get; init; }

    /// <summary>Base URL; for a Unix socket, <c>http://localhost</c> with <see cref="SocketPath"/>.</summary>
    public required Uri Url { get; init; }

    /// <summary>Unix socket (<c>url: unix:/path</c>); null = TCP.</summary>
    public string? SocketPath { get; init; }

    /// <summary>API key, already read from the variable that <c>api_key_env</c> names; null = none.</summary>
    public Secret? ApiKey { get; init; }

    /// <summary>Who sees the prompts. Default public.</summary>
    public TrustLevel Trust { get; init; }

    /// <summary>Most requests at once. Default 0 = learned.</summary>
    public int MaxInFlight { get; init; }

    /// <summary>Bounds of an attempt's phases.</summary>
    public BackendTimeouts Timeouts { get; init; } = new();

    /// <summary>Polled gauges; null = none.</summary>
    public MetricsConfig? Metrics { get; init; }

    /// <summary>Tags for <c>x-routerd-tags</c>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Share under the <c>weighted</c> policy. Default 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Its deployments; null = discovered from its model list.</summary>
    public IReadOnlyList<DeploymentConfig>? Deployments { get; init; }
}
