using RouterDaemon.Config.Schema;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config;

/// <summary>What the environment says: variables that override the file, and backends for a file that lists none.</summary>
internal static class EnvironmentConfig
{
    private const string KeyPrefix = "EXTERNAL_";
    private const string KeySuffix = "_KEY";
    private const string UrlSuffix = "_BASE_URL";

    /// <summary><paramref name="fileHasBackends"/>: the file's list of backends is then the whole list.</summary>
    public static RouterdConfig Apply(RouterdConfig config, BindContext context, bool fileHasBackends)
    {
        config = Override(config, context);
        var found = Backends(context).ToList();
        if (!fileHasBackends)
        {
            return config with { Backends = [.. found.Select(f => f.Backend)] };
        }

        foreach (var (variable, backend) in found.Where(f => config.Backends.All(b => b.Id != f.Backend.Id && b.ApiKeyEnv != f.Variable)))
        {
            context.Report(FaultSeverity.Warning, variable, $"not used: the file has \"backends\", and \"{backend.Id}\" is not among them");
        }

        return config;
    }

    private static RouterdConfig Override(RouterdConfig config, BindContext context)
    {
        var path = new PathType();
        if (TryGet(context, "ROUTERD_LISTEN", out var listen))
        {
            var addresses = new List<ListenAddress>();
            foreach (var part in listen.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (RouterdSchema.ListenAddresses.TryBind(context, Node(part), "ROUTERD_LISTEN", out var address))
                {
                    addresses.Add(address);
                }
            }

            config = addresses.Count > 0 ? config with { Listen = addresses } : config;
        }

        config = With(context, "ROUTERD_DATA", path, config, (c, v) => c with { DataDirectory = v });
        config = With(context, "ROUTERD_MODELS", path, config, (c, v) => c with { ModelsDirectory = v });
        config = With(context, "SQLITE_DB_PATH", path, config, (c, v) => c with { ModelsDatabasePath = v });
        config = With(context, "CONTEXT_DB_PATH", path, config, (c, v) => c with { ContextDatabasePath = v });
        config = With(context, "ROUTERD_LOG_LEVEL", RouterdSchema.LogLevels, config, (c, v) => c with { Log = c.Log with { Level = v } });
        config = Join(context, config);
        config = With(context, "REDIS_URL", new SecretType(), config, (c, v) => c with { SharedState = c.SharedState with { RedisUrl = v } });
        return With(context, "POSTGRES_URL", new SecretType(), config, (c, v) => c with { SharedState = c.SharedState with { PostgresUrl = v } });
    }

    // An agent of the reference deployment is told by these where its router is; a "join" in the file comes first.
    private static RouterdConfig Join(BindContext context, RouterdConfig config)
    {
        if (config.Registration.Join is not null || !TryGet(context, "ROUTER_URL", out var router) || !TryUrl(context, "ROUTER_URL", router, out var url))
        {
            return config;
        }

        if (!TryGet(context, "AGENT_ENDPOINT", out var text))
        {
            context.Report(FaultSeverity.Warning, "ROUTER_URL", "not used: AGENT_ENDPOINT, under which that router reaches this daemon, is not set");
            return config;
        }

        if (!TryUrl(context, "AGENT_ENDPOINT", text, out var endpoint))
        {
            return config;
        }

        var models = TryGet(context, "MODEL_LIST", out var list) ? list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [];
        var join = new JoinConfig { Url = url, Endpoint = endpoint, Name = TryGet(context, "AGENT_NAME", out var name) ? Names.CleanBackend(name) : null, Models = models };
        // A bare number is seconds, as that deployment writes it.
        if (TryGet(context, "HEARTBEAT_INTERVAL", out var beat)
            && RouterdSchema.Heartbeat.TryBind(context, Node(beat.All(char.IsAsciiDigit) ? beat + "s" : beat), "HEARTBEAT_INTERVAL", out var heartbeat))
        {
            join = join with { Heartbeat = heartbeat };
        }

        return config with { Registration = config.Registration with { SecretEnv = config.Registration.SecretEnv ?? "ROUTER_SHARED_SECRET", Join = join } };
    }

    private static IEnumerable<(string Variable, BackendConfig Backend)> Backends(BindContext context)
    {
        if (TryGet(context, "LLMD_ENDPOINT", out var cluster) && TryUrl(context, "LLMD_ENDPOINT", cluster, out var clusterUrl))
        {
            yield return ("LLMD_ENDPOINT", new BackendConfig { Id = "llm-d", Kind = BackendKind.LlmD, Url = clusterUrl });
        }

        if (TryGet(context, "OLLAMA_HOST", out var ollama) && TryUrl(context, "OLLAMA_HOST", OllamaUrl(ollama), out var ollamaUrl))
        {
            yield return ("OLLAMA_HOST", new BackendConfig { Id = "ollama", Kind = BackendKind.Ollama, Url = ollamaUrl });
        }

        foreach (var variable in context.Environment.Keys.Where(IsProviderVariable).Order(StringComparer.Ordinal))
        {
            var name = variable.EndsWith(KeySuffix, StringComparison.Ordinal) ? variable[KeyPrefix.Length..^KeySuffix.Length] : variable[KeyPrefix.Length..^UrlSuffix.Length];
            var keyVariable = KeyPrefix + name + KeySuffix;
            if (variable != keyVariable)
            {
                if (TryGet(context, variable, out _) && !TryGet(context, keyVariable, out _))
                {
                    context.Report(FaultSeverity.Warning, variable, $"not used: {keyVariable} is not set");
                }
            }
            else if (TryGet(context, variable, out var key) && Provider(context, name, variable, key) is { } backend)
            {
                yield return (variable, backend);
            }
        }
    }

    private static BackendConfig? Provider(BindContext context, string name, string keyVariable, string key)
    {
        var id = name.ToLowerInvariant().Replace('_', '-');
        var urlVariable = KeyPrefix + name + UrlSuffix;
        var known = KnownProviders.ById.TryGetValue(id, out var provider);
        var url = provider.Url;
        if (TryGet(context, urlVariable, out var text))
        {
            if (!TryUrl(context, urlVariable, text, out url))
            {
                return null;
            }
        }
        else if (!known)
        {
            context.Report(FaultSeverity.Warning, keyVariable, $"not used: the base URL of \"{id}\" is not known, set {urlVariable}");
            return null;
        }

        return new BackendConfig { Id = id, Kind = known ? provider.Kind : BackendKind.OpenAi, Url = url, ApiKeyEnv = keyVariable, ApiKey = new Secret(key) };
    }

    private static bool IsProviderVariable(string name) => name.StartsWith(KeyPrefix, StringComparison.Ordinal)
        && ((name.EndsWith(KeySuffix, StringComparison.Ordinal) && name.Length > KeyPrefix.Length + KeySuffix.Length)
            || (name.EndsWith(UrlSuffix, StringComparison.Ordinal) && name.Length > KeyPrefix.Length + UrlSuffix.Length));

    // Ollama's own forms: host, host:port, URL; its server is told 0.0.0.0, which is no address to call.
    private static string OllamaUrl(string host)
    {
        var hasScheme = host.Contains("://", StringComparison.Ordinal);
        var url = hasScheme ? host : "http://" + (host.StartsWith(':') ? "127.0.0.1" + host : host);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
        {
            return url;
        }

        var authority = uri.Host is "0.0.0.0" or "[::]" ? "127.0.0.1" : uri.Host;
        var namesPort = url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..].TrimEnd('/').EndsWith($":{uri.Port}", StringComparison.Ordinal);
        var port = hasScheme || namesPort ? uri.Port : 11434;
        return $"{uri.Scheme}://{(uri.UserInfo.Length > 0 ? uri.UserInfo + "@" : "")}{authority}:{port}{uri.AbsolutePath}";
    }

    private static bool TryUrl(BindContext context, string variable, string text, out Uri url) => new HttpUrlType().TryBind(context, Node(text), variable, out url);

    private static RouterdConfig With<T>(BindContext context, string variable, ScalarType<T> type, RouterdConfig config, Func<RouterdConfig, T, RouterdConfig> set) =>
        TryGet(context, variable, out var text) && type.TryBind(context, Node(text), variable, out var value) ? set(config, value) : config;

    // An empty variable is what container files make of one that is not set.
    private static bool TryGet(BindContext context, string variable, out string text) =>
        context.Environment.TryGetValue(variable, out text!) && text.Length > 0;

    private static ConfigScalar Node(string text) => new(0, 0, text, isPlain: true);
}
