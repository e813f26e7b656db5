using System.Text.Json.Nodes;
using RouterDaemon.Config.Schema;
using RouterDaemon.Config.Yaml;
using RouterDaemon.Core.Routing;

namespace RouterDaemon.Config.Import;

/// <summary>The <c>config.yaml</c> of the LiteLLM proxy (docs.litellm.ai, proxy configuration).</summary>
internal sealed class LiteLlmImport
{
    private const string FromEnvironment = "os.environ/";

    private static readonly Dictionary<string, string> Policies = new(StringComparer.Ordinal)
    {
        ["simple-shuffle"] = "weighted",
        ["least-busy"] = "least_request",
        ["latency-based-routing"] = "lowest_latency",
        ["usage-based-routing"] = "least_tokens",
        ["usage-based-routing-v2"] = "least_tokens",
        ["cost-based-routing"] = "priced",
    };

    private readonly ImportReport _report = new();
    private readonly ImportedBackends _backends = new();
    private readonly HashSet<string> _models = new(StringComparer.Ordinal);
    private readonly JsonObject _virtualModels = [];
    private readonly JsonObject _config = [];
    private TimeSpan? _timeout;

    public static ImportResult Import(ConfigMapping root) => new LiteLlmImport().Run(root);

    private ImportResult Run(ConfigMapping node)
    {
        var root = new ImportMapping(node, "", _report);
        var settings = root.Map("litellm_settings");
        var router = root.Map("router_settings");
        _timeout = Timeout(router, "timeout") ?? Timeout(settings, "request_timeout");
        foreach (var (item, path) in root.List("model_list"))
        {
            Model(new ImportMapping(item, path, _report));
        }

        Retries(router);
        Retries(settings);
        Strategy(router);
        Aliases(router.Map("model_group_alias"));
        Fallbacks(router, "fallbacks");
        Fallbacks(settings, "fallbacks");
        Cache(settings);
        General(root.Map("general_settings"));
        router.Rest();
        settings.Rest();
        root.Rest();
        if (_backends.Any)
        {
            _config["backends"] = _backends.ToJson();
        }

        if (_virtualModels.Count > 0)
        {
            _config["virtual_models"] = _virtualModels;
        }

        return new ImportResult { Config = _config, Report = _report.Lines };
    }

    private void Model(ImportMapping entry)
    {
        var parameters = entry.Map("litellm_params");
        var info = entry.Map("model_info");
        var name = entry.Text("model_name", out var at);
        var upstream = parameters.Text("model", out var modelAt);
        if (name is null || upstream is null || entry.Node is null)
        {
            _report.Unsupported(at ?? modelAt, entry.Path, "has no model_name or no litellm_params.model");
            return;
        }

        var address = parameters.Text("api_base", out var baseAt);
        var (provider, upstreamModel) = LiteLlmProviders.Split(upstream, address is not null);
        if (provider is null || !LiteLlmProviders.ByPrefix.TryGetValue(provider, out var known) || Names.CheckModel(name) is not null || Names.CheckModel(upstreamModel) is not null || name.Contains('*'))
        {
            _report.Unsupported(modelAt, entry.Path, name.Contains('*') ? "wildcard names have no counterpart; leave out \"deployments\" to discover models" : $"the provider of {Quoted.Text(upstream)} has no counterpart");
            return;
        }

        if (address is not null && (address.StartsWith(FromEnvironment, StringComparison.Ordinal) || HttpUrlType.TryParse(address, out _) is not null))
        {
            _report.Unsupported(baseAt, entry.Path, "its api_base is no plain URL");
            return;
        }

        if (address is null && known.Url is null)
        {
            _report.Unsupported(modelAt, entry.Path, $"the provider {Quoted.Text(provider)} needs an api_base");
            return;
        }

        var settings = new JsonObject { ["kind"] = known.Kind switch { BackendKind.Anthropic => "anthropic", BackendKind.Ollama => "ollama", _ => "openai" } };
        settings["url"] = address ?? known.Url!.OriginalString;
        Key(parameters, settings, known.KeyVariable, provider);
        if ((Timeout(parameters, "timeout") ?? _timeout) is { } total)
        {
            settings["timeouts"] = new JsonObject { ["total"] = DurationText.Format(total) };
        }

        var deployment = new JsonObject { ["model"] = name };
        if (upstreamModel != name)
        {
            deployment["upstream_model"] = upstreamModel;
        }

        Details(parameters, info, deployment);
        _models.Add(name);
        var id = _backends.Add(provider.Replace('_', '-'), settings, deployment);
        _report.Exact(modelAt, entry.Path, $"deployment {id}");
        foreach (var key in new[] { "id", "mode", "base_model", "db_model" })
        {
            info.Take(key);
        }

        parameters.Rest();
        info.Rest();
        entry.Rest();
    }

    private void Key(ImportMapping parameters, JsonObject settings, string? standard, string provider)
    {
        var key = parameters.Text("api_key", out var at);
        if (key is null)
        {
            if (standard is not null)
            {
                settings["api_key_env"] = standard;
            }
        }
        else if (key.StartsWith(FromEnvironment, StringComparison.Ordinal) && VariableText.IsName(key[FromEnvironment.Length..]))
        {
            settings["api_key_env"] = key[FromEnvironment.Length..];
        }
        else
        {
            var variable = standard ?? provider.ToUpperInvariant().Replace('-', '_') + "_API_KEY";
            settings["api_key_env"] = VariableText.IsName(variable) ? variable : "UPSTREAM_API_KEY";
            _report.Approximate(at, parameters.At("api_key"), $"keys are not copied: put it into the environment variable {settings["api_key_env"]!.GetValue<string>()}");
        }
    }

    private static void Details(ImportMapping parameters, ImportMapping info, JsonObject deployment)
    {
        var context = info.Number("max_input_tokens", out _) ?? info.Number("max_tokens", out _);
        if (context is >= 1 and <= 100_000_000)
        {
            deployment["context"] = (int)context;
        }

        var input = parameters.Number("input_cost_per_token", out _) ?? info.Number("input_cost_per_token", out _);
        var output = parameters.Number("output_cost_per_token", out _) ?? info.Number("output_cost_per_token", out _);
        if (input is >= 0 || output is >= 0)
        {
            // Rounded: a millionth of a dollar and a millionth of a token are not exact in binary.
            deployment["price"] = new JsonObject { ["input"] = Math.Round((input ?? 0) * 1e6, 9), ["output"] = Math.Round((output ?? 0) * 1e6, 9) };
        }

        if (parameters.Number("max_parallel_requests", out _) is >= 0 and <= 1_000_000 and var limit)
        {
            deployment["max_in_flight"] = (int)limit;
        }

        if (parameters.Number("weight", out _) is >= 0 and <= 1_000_000 and var weight)
        {
            deployment["weight"] = weight;
        }
    }

    private void Retries(ImportMapping settings)
    {
        if (settings.Number("num_retries", out var at) is >= 0 and var retries && !_config.ContainsKey("retries"))
        {
            var attempts = (int)Math.Min(retries + 1, 10);
            _config["retries"] = new JsonObject { ["max_attempts"] = attempts };
            _report.Add(retries <= 9 ? ImportLevel.Exact : ImportLevel.Approximate, at, settings.At("num_retries"), $"retries.max_attempts: {attempts}, the first included");
        }
    }

    private void Strategy(ImportMapping router)
    {
        if (router.Text("routing_strategy", out var at) is not { } strategy)
        {
            return;
        }

        if (Policies.TryGetValue(strategy, out var policy) && RoutingPolicies.IndexOf(policy) >= 0)
        {
            _config["routing"] = new JsonObject { ["policy"] = policy };
            _report.Approximate(at, router.At("routing_strategy"), $"routing.policy: {policy}");
        }
        else
        {
            _report.Unsupported(at, router.At("routing_strategy"), $"the default policy {RoutingPolicies.DefaultName} is used");
        }
    }

    private void Aliases(ImportMapping aliases)
    {
        foreach (var (key, value) in aliases.Entries)
        {
            var target = aliases.Text(key.Text, out _) ?? new ImportMapping(value, aliases.At(key.Text), _report).Text("model", out _);
            if (target is not null && _models.Contains(target) && Names.CheckModel(key.Text) is null)
            {
                Virtual(key.Text)["deployments"] = new JsonArray(JsonValue.Create(target));
                _report.Exact(key, aliases.At(key.Text), $"virtual model {key.Text}");
            }
            else
            {
                _report.Unsupported(key, aliases.At(key.Text), "names no imported model");
            }
        }
    }

    private void Fallbacks(ImportMapping settings, string name)
    {
        foreach (var (item, path) in settings.List(name))
        {
            foreach (var (model, list) in (item as ConfigMapping)?.Entries ?? [])
            {
                var wanted = (list as ConfigSequence)?.Items.OfType<ConfigScalar>().Select(s => s.Text).ToList() ?? [];
                var known = wanted.Where(w => (_models.Contains(w) || _virtualModels.ContainsKey(w)) && w != model.Text && !LeadsBack(w, model.Text)).ToList();
                if (!_models.Contains(model.Text) || known.Count == 0)
                {
                    _report.Unsupported(model, Quoted.Key(path, model.Text), "names no imported model");
                    continue;
                }

                var virtualModel = Virtual(model.Text);
                virtualModel["deployments"] ??= new JsonArray(JsonValue.Create(model.Text + "/*"));
                virtualModel["fallbacks"] = new JsonArray([.. known.Select(k => (JsonNode)JsonValue.Create(k))]);
                _report.Add(known.Count == wanted.Count ? ImportLevel.Exact : ImportLevel.Approximate, model, Quoted.Key(path, model.Text), $"virtual model {model.Text} with fallbacks {string.Join(", ", known)}");
            }
        }
    }

    // LiteLLM allows two models to be each other's fallback; here a name's fallbacks must not lead back to it.
    private bool LeadsBack(string from, string to)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([from]);
        while (open.TryPop(out var at))
        {
            foreach (var next in _virtualModels[at]?["fallbacks"]?.AsArray() ?? [])
            {
                var name = next!.GetValue<string>();
                if (name == to)
                {
                    return true;
                }

                if (seen.Add(name))
                {
                    open.Push(name);
                }
            }
        }

        return false;
    }

    private void Cache(ImportMapping settings)
    {
        var parameters = settings.Map("cache_params");
        if (settings.Text("cache", out var at) is not ("true" or "True"))
        {
            return;
        }

        var cache = new JsonObject { ["enabled"] = true };
        if (parameters.Number("ttl", out _) is > 0 and <= 86_400 and var seconds)
        {
            cache["ttl"] = DurationText.Format(TimeSpan.FromSeconds(seconds));
        }

        _config["cache"] = cache;
        _report.Approximate(at, settings.At("cache"), "the exact cache, in memory; set REDIS_URL to share it");
        parameters.Take("type");
        parameters.Rest();
    }

    private void General(ImportMapping general)
    {
        if (general.Text("master_key", out var at) is { } key)
        {
            var named = key.StartsWith(FromEnvironment, StringComparison.Ordinal) && VariableText.IsName(key[FromEnvironment.Length..]);
            _config["admin"] = new JsonObject { ["key_env"] = named ? key[FromEnvironment.Length..] : "ROUTERD_ADMIN_KEY" };
            _report.Approximate(at, general.At("master_key"), named
                ? "the admin key, which clients use too while there are no keys of their own"
                : "keys are not copied: put it into the environment variable ROUTERD_ADMIN_KEY");
        }

        general.Rest();
    }

    private JsonObject Virtual(string name)
    {
        if (_virtualModels[name] is not JsonObject virtualModel)
        {
            _virtualModels[name] = virtualModel = [];
        }

        return virtualModel;
    }

    private static TimeSpan? Timeout(ImportMapping settings, string key) =>
        settings.Number(key, out _) is >= 0.001 and <= 86_400 and var seconds ? TimeSpan.FromMilliseconds(Math.Round(seconds * 1000)) : null;
}
