using RouterDaemon.Config.Schema;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;

namespace RouterDaemon.Config;

/// <summary>
/// The table of <c>routerd.yaml</c>: every key, once. Reading, the check for unknown keys, <c>config schema</c> and <c>config show</c>
/// all come from it, so a new setting is a property of a record and a line here.
/// </summary>
internal static class RouterdSchema
{
    private static readonly BooleanType Bool = new();
    private static readonly PathType PathOf = new();
    private static readonly OptionalTextType<string> OptionalPath = new(PathOf);
    private static readonly HttpUrlType Url = new();
    private static readonly OptionalTextType<Uri> OptionalUrl = new(Url);
    private static readonly OptionalTextType<Secret> OptionalSecret = new(new SecretType());
    private static readonly OptionalTextType<string> OptionalVariable = new(new TextType("the name of an environment variable", Names.CheckVariable));
    private static readonly TextType Name = new("a name", Names.CheckModel, Names.MaxLength);
    private static readonly OptionalTextType<string> OptionalName = new(Name);
    private static readonly TextType BackendName = new("a name", Names.CheckBackend, Names.MaxLength);
    private static readonly ListType<string> NameList = new(Name, maxItems: 1000);
    private static readonly ListType<string> Tags = new(new TextType("a tag", Names.CheckTag, 64), maxItems: 64);
    private static readonly OptionalValueType<double> Quality = new(new FractionalType(0, 1));
    private static readonly FractionalType Weight = new(0, 1_000_000);
    private static readonly FractionalType Usd = new(0, 1_000_000);
    private static readonly IntegerType Tokens = new(0, 100_000_000);
    private static readonly IntegerType InFlight = new(0, 1_000_000);
    private static readonly IntegerType Slots = new(0, 100_000);
    private static readonly DurationType Timeout = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
    private static readonly DurationType Pause = new(TimeSpan.Zero, TimeSpan.FromDays(1));

    private static readonly ChoiceType<string> Policy = new([.. RoutingPolicies.Table.Select(p => (p.Name, p.Name))]);

    private static readonly ChoiceType<RoutingPresetName> Preset = new(
        ("interactive", RoutingPresetName.Interactive), ("balanced", RoutingPresetName.Balanced), ("batch", RoutingPresetName.Batch));

    private static readonly ChoiceType<TrustLevel> Trust = new(
        ("device", TrustLevel.Device), ("private", TrustLevel.Private), ("public", TrustLevel.Public));

    private static readonly ChoiceType<BackendKind> Kind = new(
        ("llm-d", BackendKind.LlmD), ("openai", BackendKind.OpenAi), ("anthropic", BackendKind.Anthropic), ("ollama", BackendKind.Ollama),
        ("routerd", BackendKind.Routerd));

    private static readonly ObjectType<LoraConfig> Lora = new ObjectType<LoraConfig>(new())
        .Field("file", PathOf, l => l.FilePath, (l, v) => l with { FilePath = v }, "GGUF file of the adapter; relative to this file.", required: true)
        .Field("scale", new FractionalType(-100, 100), l => l.Scale, (l, v) => l with { Scale = v }, "How strongly it applies to requests that say nothing; 0 = not at all.");

    private static readonly ObjectType<OnDeviceModelConfig> Model = new ObjectType<OnDeviceModelConfig>(new())
        .Field("id", Name, m => m.Id, (m, v) => m with { Id = v }, "Name of the model; its deployment is <id>/local.", required: true)
        .Field("file", PathOf, m => m.FilePath, (m, v) => m with { FilePath = v }, "GGUF file; relative to this file.", required: true)
        .Field("context", Tokens, m => m.ContextTokens, (m, v) => m with { ContextTokens = v }, "Tokens for each slot; 0 = as trained.")
        .Field("slots", new IntegerType(1, 64), m => m.Slots, (m, v) => m with { Slots = v }, "Sequences decoded together.")
        .Field("gpu_layers", new OptionalValueType<int>(new GpuLayersType(), "auto"), m => m.GpuLayers, (m, v) => m with { GpuLayers = v }, "Layers on the GPU: auto, all or a number; 0 = none.")
        .Field("keep_alive", new DurationType(TimeSpan.Zero, TimeSpan.FromDays(365), allowNever: true), m => m.KeepAlive, (m, v) => m with { KeepAlive = v }, "How long an unused model stays loaded; 0 = unload at once, -1 = never.")
        .Field("preload", Bool, m => m.Preload, (m, v) => m with { Preload = v }, "Load at start instead of on the first request.")
        .Field("isolation", new ChoiceType<IsolationMode>(("auto", IsolationMode.Auto), ("none", IsolationMode.None), ("process", IsolationMode.Process)), m => m.Isolation, (m, v) => m with { Isolation = v }, "Whether the model runs in a process of its own.")
        .Field("deterministic", Bool, m => m.Deterministic, (m, v) => m with { Deterministic = v }, "Batch of one: the same request gives the same tokens.")
        .Field("speculative", new ChoiceType<SpeculativeMode>(("auto", SpeculativeMode.Auto), ("always", SpeculativeMode.Always), ("off", SpeculativeMode.Off)), m => m.Speculative, (m, v) => m with { Speculative = v }, "When tokens are guessed from the text so far and checked together; auto = as far as it pays.")
        .Field("draft", OptionalPath, m => m.DraftFilePath, (m, v) => m with { DraftFilePath = v }, "GGUF file of a smaller model of the same vocabulary that guesses instead; relative to this file.")
        .Field("lora", new ListType<LoraConfig>(Lora, maxItems: Engine.AdapterFiles.MaxCount), m => m.Lora, (m, v) => m with { Lora = v }, "LoRA adapters that are loaded with it; requests name them by their place, from 0.")
        .Field("pooling", new OptionalValueType<PoolingMode>(new ChoiceType<PoolingMode>(("none", PoolingMode.None), ("mean", PoolingMode.Mean), ("cls", PoolingMode.Cls), ("last", PoolingMode.Last), ("rank", PoolingMode.Rank)), "auto"), m => m.Pooling, (m, v) => m with { Pooling = v }, "How the model makes embeddings or scores; auto = as its file says.")
        .Field("threads", new IntegerType(0, 1024), m => m.Threads, (m, v) => m with { Threads = v }, "Compute threads; 0 = cores - 1.")
        .Field("queue_limit", new IntegerType(0, 100_000), m => m.QueueLimit, (m, v) => m with { QueueLimit = v }, "Requests that may wait for a slot; 0 = none may wait.")
        .Field("prefix_cache", new SizeType(0, 1L << 40), m => m.PrefixCacheBytes, (m, v) => m with { PrefixCacheBytes = v }, "Memory for prefixes whose slots were given to other requests, at most an eighth of what is free at the load; 0 = none are kept.")
        .Field("aliases", NameList, m => m.Aliases, (m, v) => m with { Aliases = v }, "Other names by which clients may ask for it.")
        .Field("quality", Quality, m => m.Quality, (m, v) => m with { Quality = v }, "Prior quality, 0 to 1.")
        .Field("weight", Weight, m => m.Weight, (m, v) => m with { Weight = v }, "Relative share for the weighted policy.")
        .Field("tags", Tags, m => m.Tags, (m, v) => m with { Tags = v }, "Requests may ask for deployments with a tag.");

    private static readonly ObjectType<TimeoutsConfig> Timeouts = new ObjectType<TimeoutsConfig>(new())
        .Field("connect", Timeout, t => t.Connect, (t, v) => t with { Connect = v }, "TCP and TLS.")
        .Field("model_load", Timeout, t => t.ModelLoad, (t, v) => t with { ModelLoad = v }, "First token of a model that is not loaded yet.")
        .Field("first_token", Timeout, t => t.FirstToken, (t, v) => t with { FirstToken = v }, "First token.")
        .Field("between_tokens", Timeout, t => t.BetweenTokens, (t, v) => t with { BetweenTokens = v }, "Silence between tokens.")
        .Field("total", Timeout, t => t.Total, (t, v) => t with { Total = v }, "The whole answer.");

    private static readonly ObjectType<MetricsSourceConfig> Metrics = new ObjectType<MetricsSourceConfig>(new())
        .Field("url", OptionalUrl, m => m.Url, (m, v) => m with { Url = v }, "Prometheus page of the backend.", required: true)
        .Field("token_env", OptionalVariable, m => m.TokenEnv, (m, v) => m with { TokenEnv = v }, "Environment variable with the bearer token.")
        .Field("interval", Timeout, m => m.Interval, (m, v) => m with { Interval = v }, "Time between two polls.");

    private static readonly ObjectType<PriceConfig> Price = new ObjectType<PriceConfig>(new())
        .Field("input", Usd, p => p.InputUsdPerMillion, (p, v) => p with { InputUsdPerMillion = v }, "USD per million prompt tokens.")
        .Field("output", Usd, p => p.OutputUsdPerMillion, (p, v) => p with { OutputUsdPerMillion = v }, "USD per million answer tokens.")
        .Field("cached_input", new OptionalValueType<double>(Usd), p => p.CachedInputUsdPerMillion, (p, v) => p with { CachedInputUsdPerMillion = v }, "USD per million prompt tokens that hit the provider's prefix cache; left out = as input.");

    private static readonly ObjectType<DeploymentConfig> Deployment = new ObjectType<DeploymentConfig>(new())
        .Field("model", Name, d => d.Model, (d, v) => d with { Model = v }, "Name clients use; the deployment is <model>/<backend>.", required: true)
        .Field("upstream_model", OptionalName, d => d.UpstreamModel, (d, v) => d with { UpstreamModel = v }, "Name the backend uses; left out = the same.")
        .Field("context", Tokens, d => d.ContextTokens, (d, v) => d with { ContextTokens = v }, "Context window in tokens; 0 = unknown.")
        .Field("price", new NullableObjectType<PriceConfig>(Price), d => d.Price, (d, v) => d with { Price = v }, "USD per million tokens; left out = from the table of well-known models, else free.")
        .Field("capabilities", new OptionalValueType<Capability>(new CapabilitiesType()), d => d.Capabilities, (d, v) => d with { Capabilities = v }, "What it can do; left out = what its kind usually can.")
        .Field("quality", Quality, d => d.Quality, (d, v) => d with { Quality = v }, "Prior quality, 0 to 1.")
        .Field("max_in_flight", new OptionalValueType<int>(InFlight), d => d.MaxInFlight, (d, v) => d with { MaxInFlight = v }, "Most requests at once; 0 = learn it; left out = the backend's.")
        .Field("slots", Slots, d => d.Slots, (d, v) => d with { Slots = v }, "Sequences it decodes together; 0 = unknown.")
        .Field("weight", new OptionalValueType<double>(Weight), d => d.Weight, (d, v) => d with { Weight = v }, "Relative share for the weighted policy; left out = the backend's.")
        .Field("tags", Tags, d => d.Tags, (d, v) => d with { Tags = v }, "Requests may ask for deployments with a tag.")
        .Field("aliases", NameList, d => d.Aliases, (d, v) => d with { Aliases = v }, "Other names by which clients may ask for it.");

    private static readonly ObjectType<BackendConfig> Backend = new ObjectType<BackendConfig>(new())
        .Field("id", BackendName, b => b.Id, (b, v) => b with { Id = v }, "Name of the backend, without a slash; \"local\" is taken.", required: true)
        .Field("kind", Kind, b => b.Kind, (b, v) => b with { Kind = v }, "Protocol it speaks.", required: true)
        .Field("url", OptionalUrl, b => b.Url, (b, v) => b with { Url = v }, "Base URL; openai, anthropic and ollama have one of their own.")
        .Field("api_key_env", OptionalVariable, b => b.ApiKeyEnv, (b, v) => b with { ApiKeyEnv = v }, "Environment variable with the key.")
        .Field("api_key", OptionalSecret, b => b.ApiKeyEnv is null ? b.ApiKey : null, (b, v) => b with { ApiKey = v }, "The key as ${VAR}; api_key_env is the better place.")
        .Field("trust", Trust, b => b.Trust, (b, v) => b with { Trust = v }, "Who sees a prompt that is sent there.")
        .Field("max_in_flight", InFlight, b => b.MaxInFlight, (b, v) => b with { MaxInFlight = v }, "Most requests at once; 0 = learn it.")
        .Field("timeouts", Timeouts, b => b.Timeouts, (b, v) => b with { Timeouts = v }, "Limits for the phases of a request.")
        .Field("metrics", new NullableObjectType<MetricsSourceConfig>(Metrics), b => b.Metrics, (b, v) => b with { Metrics = v }, "Polled gauges used as slow priors.")
        .Field("deployments", new NullableObjectType<IReadOnlyList<DeploymentConfig>>(new ListType<DeploymentConfig>(Deployment, maxItems: 10_000)), b => b.Deployments, (b, v) => b with { Deployments = v }, "What it serves; left out = discovered.")
        .Field("weight", Weight, b => b.Weight, (b, v) => b with { Weight = v }, "Relative share for the weighted policy.")
        .Field("tags", Tags, b => b.Tags, (b, v) => b with { Tags = v }, "Given to each of its deployments.");

    private static readonly ObjectType<VirtualModelConfig> VirtualModel = new ObjectType<VirtualModelConfig>(new())
        .Field("deployments", new ListType<string>(Name, maxItems: 10_000, minItems: 1), v => v.Deployments, (v, x) => v with { Deployments = x }, "Deployments, models or patterns with *.", required: true)
        .Field("policy", new OptionalTextType<string>(Policy), v => v.Policy, (v, x) => v with { Policy = x }, "Left out = routing.policy.")
        .Field("preset", new OptionalValueType<RoutingPresetName>(Preset), v => v.Preset, (v, x) => v with { Preset = x }, "Left out = routing.preset.")
        .Field("fallbacks", NameList, v => v.Fallbacks, (v, x) => v with { Fallbacks = x }, "Tried in this order when none of the deployments is usable: virtual models, deployments or models.");

    private static readonly ObjectType<HedgeConfig> Hedge = new ObjectType<HedgeConfig>(new())
        .Field("enabled", Bool, h => h.Enabled, (h, v) => h with { Enabled = v }, "Send a second request when the first is late.")
        .Field("budget", new FractionalType(0, 1), h => h.BudgetFraction, (h, v) => h with { BudgetFraction = v }, "Most hedged requests as a fraction of all.");

    private static readonly ObjectType<RoutingConfig> Routing = new ObjectType<RoutingConfig>(new())
        .Field("policy", Policy, r => r.Policy, (r, v) => r with { Policy = v }, "How a deployment is chosen.")
        .Field("preset", Preset, r => r.Preset, (r, v) => r with { Preset = v }, "What time is worth against money.")
        .Field("hedge", Hedge, r => r.Hedge, (r, v) => r with { Hedge = v }, "A second request when the first is late.");

    private static readonly ObjectType<RetriesConfig> Retries = new ObjectType<RetriesConfig>(new())
        .Field("max_attempts", new IntegerType(1, 10), r => r.MaxAttempts, (r, v) => r with { MaxAttempts = v }, "Attempts of one request, the first included.")
        .Field("backoff", Pause, r => r.Backoff, (r, v) => r with { Backoff = v }, "Pause before the second attempt, doubled for each further one; 0 = none.")
        .Field("max_wait", Pause, r => r.MaxWait, (r, v) => r with { MaxWait = v }, "How long a request may wait in all for a deployment that cools down or is full; 0 = not at all.")
        .Field("rescue", Bool, r => r.Rescue, (r, v) => r with { Rescue = v }, "Go on elsewhere with a stream whose upstream died in the middle, where a deployment has continue_assistant.");

    private static readonly ObjectType<AuthConfig> Auth = new ObjectType<AuthConfig>(new())
        .Field("required", Bool, a => a.Required, (a, v) => a with { Required = v }, "Requests need a key; true as soon as a key exists or listen is not loopback.")
        .Field("allow_open", new AllowOpenType(), a => a.AllowOpen, (a, v) => a with { AllowOpen = v }, $"To serve other machines without keys, write: {AuthConfig.AllowOpenSentence}");

    private static readonly ObjectType<AdminConfig> Admin = new ObjectType<AdminConfig>(new())
        .Field("key_env", OptionalVariable, a => a.KeyEnv, (a, v) => a with { KeyEnv = v }, "Environment variable with the admin key; unset = loopback only.");

    /// <summary>Time between two heartbeats of an agent.</summary>
    public static readonly DurationType Heartbeat = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    private static readonly ObjectType<JoinConfig> Join = new ObjectType<JoinConfig>(new())
        .Field("url", OptionalUrl, j => j.Url, (j, v) => j with { Url = v }, "Address of the router to join.", required: true)
        .Field("endpoint", OptionalUrl, j => j.Endpoint, (j, v) => j with { Endpoint = v }, "How that router reaches this daemon.", required: true)
        .Field("name", new OptionalTextType<string>(BackendName), j => j.Name, (j, v) => j with { Name = v }, "This daemon's name there; unset = the host's name.")
        .Field("models", NameList, j => j.Models, (j, v) => j with { Models = v }, "What is offered there; empty = the models that this daemon lists.")
        .Field("api_key_env", OptionalVariable, j => j.ApiKeyEnv, (j, v) => j with { ApiKeyEnv = v }, "Environment variable with a key of this daemon, which that router is to use.")
        .Field("heartbeat", Heartbeat, j => j.Heartbeat, (j, v) => j with { Heartbeat = v }, "Time between two heartbeats.");

    private static readonly ObjectType<RegistrationConfig> Registration = new ObjectType<RegistrationConfig>(new())
        .Field("secret_env", OptionalVariable, r => r.SecretEnv, (r, v) => r with { SecretEnv = v }, "Environment variable with the secret of agents that join; unset = /register is off.")
        .Field("join", new NullableObjectType<JoinConfig>(Join), r => r.Join, (r, v) => r with { Join = v }, "The router that this daemon joins as an agent.");

    private static readonly ObjectType<BudgetConfig> Budget = new ObjectType<BudgetConfig>(new())
        .Field("id", BackendName, b => b.Id, (b, v) => b with { Id = v }, "Name of the budget.", required: true)
        .Field("usd", Usd, b => b.LimitUsd, (b, v) => b with { LimitUsd = v }, "Most money spent in the period.", required: true)
        .Field("per", new ChoiceType<BudgetPeriod>(("hour", BudgetPeriod.Hour), ("day", BudgetPeriod.Day), ("month", BudgetPeriod.Month)), b => b.Per, (b, v) => b with { Per = v }, "The period, in UTC.")
        .Field("deployments", new ListType<string>(Name, maxItems: 10_000, minItems: 1), b => b.Deployments, (b, v) => b with { Deployments = v }, "Deployments, models or patterns whose cost counts.");

    private static readonly ObjectType<CacheConfig> Cache = new ObjectType<CacheConfig>(new())
        .Field("enabled", Bool, c => c.Enabled, (c, v) => c with { Enabled = v }, "Exact response cache.")
        .Field("max_bytes", new SizeType(1 << 10, 1L << 40), c => c.MaxBytes, (c, v) => c with { MaxBytes = v }, "Memory it may use.")
        .Field("ttl", Timeout, c => c.TimeToLive, (c, v) => c with { TimeToLive = v }, "How long an answer stays.")
        .Field("shared", Bool, c => c.Shared, (c, v) => c with { Shared = v }, "One answer serves all API keys; false = each key has its own.");

    private static readonly ObjectType<TelemetryConfig> Telemetry = new ObjectType<TelemetryConfig>(new())
        .Field("otlp", OptionalUrl, t => t.OtlpUrl, (t, v) => t with { OtlpUrl = v }, "OTLP endpoint; empty = off.")
        .Field("metrics", Bool, t => t.Metrics, (t, v) => t with { Metrics = v }, "Serve /metrics.");

    private static readonly ObjectType<HttpConfig> Http = new ObjectType<HttpConfig>(new())
        .Field("allowed_hosts", new ListType<string>(new TextType("a host name", Names.CheckHost, 253), maxItems: 1000), h => h.AllowedHosts, (h, v) => h with { AllowedHosts = v }, "Names accepted in Host besides those of listen, without port.")
        .Field("allowed_origins", new ListType<string>(new TextType("an origin", Names.CheckOrigin), maxItems: 1000), h => h.AllowedOrigins, (h, v) => h with { AllowedOrigins = v }, "Origins whose pages may call, for example https://app.example.");

    private static readonly ObjectType<LimitsConfig> Limits = new ObjectType<LimitsConfig>(new())
        .Field("max_body_bytes", new SizeType(1 << 10, 1L << 30), l => l.MaxBodyBytes, (l, v) => l with { MaxBodyBytes = v }, "Largest request body.")
        .Field("max_connections", new IntegerType(0, 1_000_000), l => l.MaxConnections, (l, v) => l with { MaxConnections = v }, "Most open client connections; 0 = no limit.")
        .Field("request_deadline", Timeout, l => l.RequestDeadline, (l, v) => l with { RequestDeadline = v }, "A request ends after this even if the client set no deadline.")
        .Field("client_stall", Timeout, l => l.ClientStall, (l, v) => l with { ClientStall = v }, "A client that reads nothing of its answer for this long is left.")
        .Field("drain_timeout", Pause, l => l.DrainTimeout, (l, v) => l with { DrainTimeout = v }, "How long running requests may go on after SIGTERM; 0 = cut at once.");

    private static readonly ObjectType<LogConfig> Log = new ObjectType<LogConfig>(new())
        .Field("level", LogLevels, l => l.Level, (l, v) => l with { Level = v }, "Lines below it are dropped.")
        .Field("format", new ChoiceType<LogFormat>(("auto", LogFormat.Auto), ("plain", LogFormat.Plain), ("systemd", LogFormat.Systemd), ("json", LogFormat.Json)), l => l.Format, (l, v) => l with { Format = v }, "auto = plain on a terminal, systemd prefixes under systemd.")
        .Field("requests", Bool, l => l.Requests, (l, v) => l with { Requests = v }, "One line for each request: who served it, how long it took, what it cost.");

    private static readonly DurationType Retention = new(TimeSpan.FromHours(1), TimeSpan.FromDays(36_500), allowNever: true);

    private static readonly ObjectType<ContextConfig> Context = new ObjectType<ContextConfig>(new())
        .Field("refresh", new DurationType(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)), c => c.Refresh, (c, v) => c with { Refresh = v }, "Time between two writes of deployments, incidents and estimates.")
        .Field("keep", Retention, c => c.Keep, (c, v) => c with { Keep = v }, "Requests, scores and decisions older than this are deleted, their roll-ups stay; -1 = never.")
        .Field("keep_rollups", Retention, c => c.KeepRollUps, (c, v) => c with { KeepRollUps = v }, "Roll-ups and resolved incidents older than this are deleted; -1 = never.")
        .Field("clean_up", new DurationType(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)), c => c.CleanUp, (c, v) => c with { CleanUp = v }, "Time between two clean-ups.");

    private static readonly ObjectType<SharedStateConfig> SharedState = new ObjectType<SharedStateConfig>(new())
        .Field("redis_url", OptionalSecret, s => s.RedisUrl, (s, v) => s with { RedisUrl = v }, "State shared by several daemons; empty = embedded.")
        .Field("postgres_url", OptionalSecret, s => s.PostgresUrl, (s, v) => s with { PostgresUrl = v }, "State shared by several daemons; empty = embedded.");

    /// <summary>The words of <c>log.level</c> and <c>ROUTERD_LOG_LEVEL</c>.</summary>
    public static ChoiceType<LogLevel> LogLevels => new(
        ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("information", LogLevel.Information), ("info", LogLevel.Information),
        ("warning", LogLevel.Warning), ("warn", LogLevel.Warning), ("error", LogLevel.Error), ("critical", LogLevel.Critical), ("none", LogLevel.None));

    /// <summary>The addresses of <c>listen</c> and <c>ROUTERD_LISTEN</c>.</summary>
    public static ListenType ListenAddresses { get; } = new();

    /// <summary>The whole file.</summary>
    public static ObjectType<RouterdConfig> Root { get; } = new ObjectType<RouterdConfig>(new()) { AllowUserKeys = true }
        .Field("listen", new ListType<ListenAddress>(ListenAddresses, maxItems: 64, allowSingle: true, minItems: 1), c => c.Listen, (c, v) => c with { Listen = v }, "Where the daemon accepts connections.")
        .Field("data", PathOf, c => c.DataDirectory, (c, v) => c with { DataDirectory = v }, "Folder of the databases and the journal.")
        .Field("models_dir", PathOf, c => c.ModelsDirectory, (c, v) => c with { ModelsDirectory = v }, "Folder whose *.gguf files are served without being configured.")
        .Field("models_db", OptionalPath, c => c.ModelsDatabasePath, (c, v) => c with { ModelsDatabasePath = v }, "Model registry and API keys; left out = models.db in data.")
        .Field("context_db", OptionalPath, c => c.ContextDatabasePath, (c, v) => c with { ContextDatabasePath = v }, "Context store; left out = context.db in data.")
        .Field("bundled_model", Bool, c => c.BundledModel, (c, v) => c with { BundledModel = v }, "Serve the bundled model as tiny/local, a last resort.")
        .Field("models", new ListType<OnDeviceModelConfig>(Model, maxItems: 1000), c => c.Models, (c, v) => c with { Models = v }, "Models served on this machine.")
        .Field("backends", new ListType<BackendConfig>(Backend, maxItems: 1000), c => c.Backends, (c, v) => c with { Backends = v }, "Places outside this process where models run.")
        .Field("virtual_models", new MapType<VirtualModelConfig>(VirtualModel, v => v.Id, (v, id) => v with { Id = id }, Names.CheckModel, maxItems: 1000), c => c.VirtualModels, (c, v) => c with { VirtualModels = v }, "Names that stand for several deployments.")
        .Field("routing", Routing, c => c.Routing, (c, v) => c with { Routing = v }, "How a deployment is chosen.")
        .Field("retries", Retries, c => c.Retries, (c, v) => c with { Retries = v }, "What happens when an upstream fails before the first content.")
        .Field("auth", Auth, c => c.Auth, (c, v) => c with { Auth = v }, "Keys of clients.")
        .Field("admin", Admin, c => c.Admin, (c, v) => c with { Admin = v }, "Key of administration.")
        .Field("registration", Registration, c => c.Registration, (c, v) => c with { Registration = v }, "Remote local agents that join.")
        .Field("budgets", new ListType<BudgetConfig>(Budget, maxItems: 1000), c => c.Budgets, (c, v) => c with { Budgets = v }, "Most money spent in a period.")
        .Field("cache", Cache, c => c.Cache, (c, v) => c with { Cache = v }, "Exact response cache.")
        .Field("telemetry", Telemetry, c => c.Telemetry, (c, v) => c with { Telemetry = v }, "Metrics and traces.")
        .Field("http", Http, c => c.Http, (c, v) => c with { Http = v }, "Who may talk to the daemon over HTTP.")
        .Field("limits", Limits, c => c.Limits, (c, v) => c with { Limits = v }, "Bounds on requests.")
        .Field("log", Log, c => c.Log, (c, v) => c with { Log = v }, "Log lines.")
        .Field("context", Context, c => c.Context, (c, v) => c with { Context = v }, "What the context store keeps.")
        .Field("shared_state", SharedState, c => c.SharedState, (c, v) => c with { SharedState = v }, "State shared by several daemons.");
}
