using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Config;

/// <summary>A place outside this process where models run.</summary>
internal sealed record BackendConfig
{
    public string Id { get; init; } = "";

    public BackendKind Kind { get; init; }

    /// <summary>As written, without a trailing slash; never null once loaded. Use <see cref="RootUrl"/> or <see cref="OpenAiUrl"/>.</summary>
    public Uri? Url { get; init; }

    /// <summary><see cref="Url"/> without a final <c>/v1</c>, without a trailing slash: a prefix for any path of the server.</summary>
    public string RootUrl => WithoutVersion(Url!.AbsoluteUri.TrimEnd('/'));

    /// <summary>
    /// Prefix for <c>/chat/completions</c> and its like. Of kind openai a path that was written is taken as it is (providers put their
    /// endpoints under <c>/openai/v1</c>, <c>/v1beta/openai</c>, ...); everywhere else it is <see cref="RootUrl"/> and <c>/v1</c>.
    /// </summary>
    public string OpenAiUrl => Kind == BackendKind.OpenAi && Url!.AbsolutePath != "/" ? Url.AbsoluteUri.TrimEnd('/') : RootUrl + "/v1";

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

    private static string WithoutVersion(string url) => url.EndsWith("/v1", StringComparison.Ordinal) ? url[..^3] : url;
}
