namespace RouterDaemon.Config;

/// <summary>What was written in <c>routerd.yaml</c> and the environment, with defaults. Immutable; paths are absolute.</summary>
internal sealed record RouterdConfig
{
    /// <summary>Where the daemon accepts connections. Default <c>http://127.0.0.1:8000</c>.</summary>
    public IReadOnlyList<ListenAddress> Listen { get; init; } = [ListenAddress.Default];

    /// <summary>Folder of the SQLite files and the journal. Default <c>data</c> under the home.</summary>
    public string DataDirectory { get; init; } = "data";

    /// <summary>Folder whose <c>*.gguf</c> files are deployments without being configured. Default <c>models</c> under the home.</summary>
    public string ModelsDirectory { get; init; } = "models";

    /// <summary>Model registry and API keys; null = <c>models.db</c> in <see cref="DataDirectory"/>.</summary>
    public string? ModelsDatabasePath { get; init; }

    /// <summary>Context store; null = <c>context.db</c> in <see cref="DataDirectory"/>.</summary>
    public string? ContextDatabasePath { get; init; }

    /// <summary>Serve the bundled model as <c>tiny/local</c> unless a model of that id is configured. Default true.</summary>
    public bool BundledModel { get; init; } = true;

    /// <summary>Those of the file, and the bundled one; the files of <see cref="ModelsDirectory"/> are found while running.</summary>
    public IReadOnlyList<OnDeviceModelConfig> Models { get; init; } = [];

    public IReadOnlyList<BackendConfig> Backends { get; init; } = [];

    /// <summary>Names that stand for several deployments. Default: <c>auto</c> = all of them.</summary>
    public IReadOnlyList<VirtualModelConfig> VirtualModels { get; init; } = [VirtualModelConfig.Auto];

    public RoutingConfig Routing { get; init; } = new();

    public RetriesConfig Retries { get; init; } = new();

    public AuthConfig Auth { get; init; } = new();

    public AdminConfig Admin { get; init; } = new();

    public RegistrationConfig Registration { get; init; } = new();

    public IReadOnlyList<BudgetConfig> Budgets { get; init; } = [];

    public CacheConfig Cache { get; init; } = new();

    public TelemetryConfig Telemetry { get; init; } = new();

    public HttpConfig Http { get; init; } = new();

    public LimitsConfig Limits { get; init; } = new();

    public LogConfig Log { get; init; } = new();

    public ContextConfig Context { get; init; } = new();

    public SharedStateConfig SharedState { get; init; } = new();

    /// <summary><see cref="ModelsDatabasePath"/> or its default.</summary>
    public string EffectiveModelsDatabasePath => ModelsDatabasePath ?? Path.Combine(DataDirectory, "models.db");

    /// <summary><see cref="ContextDatabasePath"/> or its default.</summary>
    public string EffectiveContextDatabasePath => ContextDatabasePath ?? Path.Combine(DataDirectory, "context.db");
}
