using RouterDaemon.Config.Schema;

namespace RouterDaemon.Config;

/// <summary>Fills in what depends on the home, on the kind of a backend or on secrets in the environment.</summary>
internal static class ConfigResolver
{
    /// <summary>File name of the model that ships with the daemon.</summary>
    public const string BundledFileName = "routerd-tiny-1m.gguf";

    /// <summary>Id of the model that ships with the daemon.</summary>
    public const string BundledModelId = "tiny";

    public static RouterdConfig Resolve(RouterdConfig config, ConfigSources sources, string home, BindContext context)
    {
        config = config with
        {
            DataDirectory = Path.GetFullPath(config.DataDirectory, home),
            ModelsDirectory = Path.GetFullPath(config.ModelsDirectory, home),
            Models = Models(config, sources, context),
            Backends = [.. config.Backends.Select((b, i) => Backend(b, $"backends[{i}]", sources, context))],
            Admin = config.Admin with { Key = Secret(sources, config.Admin.KeyEnv) },
            Registration = config.Registration with
            {
                Secret = Secret(sources, config.Registration.SecretEnv),
                Join = config.Registration.Join is { } join ? join with { ApiKey = Secret(sources, join.ApiKeyEnv) } : null,
            },
        };
        if (config.Registration is { SecretEnv: not null, Secret: null })
        {
            context.Report(FaultSeverity.Warning, "registration.secret_env", $"the environment variable {config.Registration.SecretEnv} is not set: /register is off");
        }

        if (config.Registration.Join is { ApiKeyEnv: { } keyVariable, ApiKey: null })
        {
            context.Report(FaultSeverity.Warning, "registration.join.api_key_env", $"the environment variable {keyVariable} is not set: the router gets no key");
        }

        var takesAuto = config.VirtualModels.Any(v => v.Id == VirtualModelConfig.Auto.Id)
            || config.Models.Any(m => m.Id == VirtualModelConfig.Auto.Id)
            || config.Backends.Any(b => b.Deployments?.Any(d => d.Model == VirtualModelConfig.Auto.Id) == true);
        return takesAuto ? config : config with { VirtualModels = [VirtualModelConfig.Auto, .. config.VirtualModels] };
    }

    private static List<OnDeviceModelConfig> Models(RouterdConfig config, ConfigSources sources, BindContext context)
    {
        var models = new List<OnDeviceModelConfig>();
        for (var i = 0; i < config.Models.Count; i++)
        {
            var model = config.Models[i];
            var bundled = Path.GetFileName(model.FilePath) == BundledFileName;
            if (model.FilePath.Length > 0 && !sources.Files.Exists(model.FilePath))
            {
                if (bundled && sources.BundledModelPath is { } shipped)
                {
                    model = model with { FilePath = shipped };
                }
                else
                {
                    context.Report(FaultSeverity.Warning, $"models[{i}].file", $"there is no file {model.FilePath}");
                }
            }

            for (var a = 0; a < model.Lora.Count; a++)
            {
                if (model.Lora[a].FilePath is { Length: > 0 } adapter && !sources.Files.Exists(adapter))
                {
                    context.Report(FaultSeverity.Warning, $"models[{i}].lora[{a}].file", $"there is no file {adapter}");
                }
            }

            if (model.DraftFilePath is { } draft && !sources.Files.Exists(draft))
            {
                context.Report(FaultSeverity.Warning, $"models[{i}].draft", $"there is no file {draft}");
            }

            models.Add(model with { LastResort = bundled });
        }

        if (config.BundledModel && sources.BundledModelPath is { } path && models.TrueForAll(m => m.Id != BundledModelId))
        {
            models.Add(new OnDeviceModelConfig { Id = BundledModelId, FilePath = path, LastResort = true });
        }

        return models;
    }

    private static BackendConfig Backend(BackendConfig backend, string path, ConfigSources sources, BindContext context)
    {
        if (backend.Url is null && KnownProviders.DefaultUrl(backend.Kind) is null && context.IsWritten(path + ".kind")
            && !context.Faults.Exists(f => f.Path == path + ".kind"))
        {
            context.Report(FaultSeverity.Error, path, "the key \"url\" is missing");
        }

        if (context.IsWritten(path + ".api_key") && backend.ApiKeyEnv is not null)
        {
            context.Report(FaultSeverity.Error, path + ".api_key", "the key is given twice: here and by \"api_key_env\"");
        }

        var key = backend.ApiKeyEnv is null ? backend.ApiKey : Secret(sources, backend.ApiKeyEnv);
        if (backend.ApiKeyEnv is not null && key is null)
        {
            context.Report(FaultSeverity.Warning, path + ".api_key_env", $"the environment variable {backend.ApiKeyEnv} is not set: requests go there without a key");
        }

        var metrics = backend.Metrics is { Url: not null } source ? source with { Token = Secret(sources, source.TokenEnv) } : null;
        if (metrics is { TokenEnv: not null, Token: null })
        {
            context.Report(FaultSeverity.Warning, path + ".metrics.token_env", $"the environment variable {metrics.TokenEnv} is not set: the page is read without a token");
        }

        return backend with { Url = backend.Url ?? KnownProviders.DefaultUrl(backend.Kind), ApiKey = key, Metrics = metrics };
    }

    private static Secret? Secret(ConfigSources sources, string? variable) =>
        variable is not null && sources.Environment.TryGetValue(variable, out var text) && text.Length > 0 ? new Secret(text) : null;
}
