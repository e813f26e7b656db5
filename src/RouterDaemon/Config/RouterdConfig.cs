using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Config;

/// <summary><c>routerd.yaml</c> as written, with defaults filled in and paths made absolute. Immutable.</summary>
internal sealed record RouterdConfig
{
    /// <summary>Where the daemon's files lie: <c>ROUTERD_HOME</c>, default <c>~/.routerd</c>.</summary>
    public required string HomeDirectory { get; init; }

    /// <summary>The file it was read from; null = defaults and environment alone.</summary>
    public string? SourceFile { get; init; }

    /// <summary>Addresses to listen on. Default <c>http://127.0.0.1:8000</c>.</summary>
    public required IReadOnlyList<ListenAddress> Listen { get; init; }

    /// <summary>Directory of the databases and the journal. Default <c>data</c> under the home.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Context store. Default <c>context.db</c> in the data directory.</summary>
    public required string ContextDatabase { get; init; }

    /// <summary>Model registry and API keys. Default <c>models.db</c> in the data directory.</summary>
    public required string ModelsDatabase { get; init; }

    /// <summary>Folder whose <c>*.gguf</c> files are deployments without being configured. Default <c>models</c> under the home.</summary>
    public required string ModelsDirectory { get; init; }

    /// <summary>On-device models that are configured by name.</summary>
    public IReadOnlyList<OnDeviceModelConfig> Models { get; init; } = [];

    /// <summary>Remote backends.</summary>
    public IReadOnlyList<BackendConfig> Backends { get; init; } = [];

    /// <summary>Virtual models by name. <c>auto</c> (all deployments) is there unless it is configured otherwise.</summary>
    public required IReadOnlyDictionary<string, VirtualModelConfig> VirtualModels { get; init; }

    /// <summary>Default choice among deployments.</summary>
    public RoutingConfig Routing { get; init; } = new();

    /// <summary>Attempts of one request.</summary>
    public RetryConfig Retries { get; init; } = new();

    /// <summary>Access control of the inference surface.</summary>
    public AuthConfig Auth { get; init; } = new();

    /// <summary>Access to administration.</summary>
    public AdminConfig Admin { get; init; } = new();

    /// <summary>Remote local agents that join.</summary>
    public RegistrationConfig Registration { get; init; } = new();

    /// <summary>Spending limits.</summary>
    public IReadOnlyList<BudgetConfig> Budgets { get; init; } = [];

    /// <summary>Response cache.</summary>
    public CacheConfig Cache { get; init; } = new();

    /// <summary>Metrics and traces.</summary>
    public TelemetryConfig Telemetry { get; init; } = new();

    /// <summary>Bounds and names of the HTTP surface.</summary>
    public HttpConfig Http { get; init; } = new();

    /// <summary>Log level and format.</summary>
    public LogConfig Log { get; init; } = new();

    /// <summary>Shared response cache of several daemons (<c>REDIS_URL</c>); null = embedded.</summary>
    public Secret? RedisUrl { get; init; }

    /// <summary>Trust of deployments on this machine.</summary>
    public static TrustLevel OnDeviceTrust => TrustLevel.Device;
}
