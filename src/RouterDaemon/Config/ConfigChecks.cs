using RouterDaemon.Config.Schema;

namespace RouterDaemon.Config;

/// <summary>Checks across values: ids given twice, limits that contradict, addresses that others reach.</summary>
internal static class ConfigChecks
{
    private const int MaxTags = 64;

    public static void Check(RouterdConfig config, ConfigSources sources, BindContext context, BindContext fromEnvironment)
    {
        var listenOverridden = !string.IsNullOrEmpty(sources.Environment.GetValueOrDefault("ROUTERD_LISTEN"));
        var listenContext = listenOverridden ? fromEnvironment : context;
        Func<int, string> listenPath = i => listenOverridden ? "ROUTERD_LISTEN" : $"listen[{i}]";
        Unique(listenContext, config.Listen.Select((a, i) => (a.Url, listenPath(i))).Where(a => !a.Url.EndsWith(":0", StringComparison.Ordinal)), "address");
        Unique(context, config.Models.Select((m, i) => (m.Id, $"models[{i}].id")), "id");
        Unique(context, config.Backends.Select((b, i) => (b.Id, $"backends[{i}].id")), "id");
        Unique(context, config.Budgets.Select((b, i) => (b.Id, $"budgets[{i}].id")), "id");
        for (var i = 0; i < config.Backends.Count; i++)
        {
            var backend = config.Backends[i];
            Unique(context, (backend.Deployments ?? []).Select((d, j) => (d.Model, $"backends[{i}].deployments[{j}].model")), "model");
            Timeouts(context, backend.Timeouts, $"backends[{i}].timeouts");
        }

        Tags(context, config);
        OpenAddress(config, sources, listenContext, listenPath);
        ReferenceChecks.Check(config, context);
    }

    private static void Unique(BindContext context, IEnumerable<(string Name, string Path)> named, string what)
    {
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, path) in named)
        {
            if (name.Length > 0 && !first.TryAdd(name, path))
            {
                context.Report(FaultSeverity.Error, path, $"the {what} {Quoted.Text(name)} is taken by {first[name]}");
            }
        }
    }

    private static void Timeouts(BindContext context, TimeoutsConfig timeouts, string path)
    {
        foreach (var (name, value) in new[] { ("connect", timeouts.Connect), ("first_token", timeouts.FirstToken), ("between_tokens", timeouts.BetweenTokens) })
        {
            if (value > timeouts.Total)
            {
                var at = context.IsWritten($"{path}.{name}") ? $"{path}.{name}" : $"{path}.total";
                context.Report(FaultSeverity.Warning, at, $"{name} ({DurationText.Format(value)}) is longer than total ({DurationText.Format(timeouts.Total)}), which ends the request first");
            }
        }
    }

    private static void Tags(BindContext context, RouterdConfig config)
    {
        var tags = config.Models.SelectMany(m => m.Tags)
            .Concat(config.Backends.SelectMany(b => b.Tags.Concat((b.Deployments ?? []).SelectMany(d => d.Tags))))
            .Distinct(StringComparer.Ordinal).Count();
        if (tags > MaxTags)
        {
            context.Report(FaultSeverity.Error, "", $"{tags} different tags, at most {MaxTags} are allowed");
        }
    }

    private static void OpenAddress(RouterdConfig config, ConfigSources sources, BindContext context, Func<int, string> listenPath)
    {
        var open = config.Listen.FirstOrDefault(a => !a.IsLoopback);
        if (open is null || config.Auth.AllowOpen || (config.Auth.Required && config.Admin.Key is not null))
        {
            return;
        }

        var keys = sources.CountKeys?.Invoke(config.EffectiveModelsDatabasePath);
        if (keys > 0)
        {
            return;
        }

        var index = config.Listen.ToList().IndexOf(open);
        var message = $"other machines reach {open.Url} and there is no API key: make one (routerd keys create NAME), or set ROUTERD_ADMIN_KEY and auth.required: true"
            + $", or write auth: {{ allow_open: \"{AuthConfig.AllowOpenSentence}\" }}";
        if (keys == 0)
        {
            context.Report(FaultSeverity.Error, listenPath(index), message);
        }
        else
        {
            context.Report(FaultSeverity.Warning, listenPath(index), $"other machines reach {open.Url}: the daemon starts only when an API key exists");
        }
    }
}
