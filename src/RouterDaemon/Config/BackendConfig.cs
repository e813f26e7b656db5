using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Config;

/// <summary>A place outside this process where models run.</summary>
internal sealed record BackendConfig
{
    public string Id { get; init; } = "";

    public BackendKind Kind { get; init; }

    /// <summary>Base URL without a trailing slash and without <c>/v1</c>.</summary>
    public Uri? Url { get; init; }

    /// <summary>Name of the environment variable with the key; null = no key.</summary>
    public string? ApiKeyEnv { get; init; }

    /// <summary>The key itself, resolved when the configuration was loaded.</summary>
    public Secret? ApiKey { get; init; }

    /// <summary>Who sees a prompt sent there. Default public.</summary>
    public TrustLevel Trust { get; init; } = TrustLevel.Public;

    /// <summary>Most requests at once. 0 (default) = learned.</summary>
    public int MaxInFlight { get; init; }

    public TimeoutsConfig Timeouts { get; init; } = new();

    /// <summary>Polled gauges used as slow priors; null = none.</summary>
    public MetricsSourceConfig? Metrics { get; init; }

    /// <summary>What it serves; null = discovered from the backend.</summary>
    public IReadOnlyList<DeploymentConfig>? Deployments { get; init; }

    /// <summary>Relative share for the <c>weighted</c> policy; a deployment's own weight wins. Default 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Given to each of its deployments.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}
