using System.Globalization;
using System.Text.Json.Nodes;
using RouterDaemon.Config.Schema;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Import;

/// <summary>The <c>config.yaml</c> of llama-swap (its README, configuration).</summary>
internal sealed class LlamaSwapImport
{
    private const int MaxMacroPasses = 8;
    private const int MaxCommandLength = 100_000;

    private readonly ImportReport _report = new();
    private readonly ImportedBackends _backends = new();
    private readonly JsonArray _models = [];
    private readonly HashSet<string> _preload = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _macros = new(StringComparer.Ordinal);
    private double _defaultTtlSeconds;

    public static ImportResult Import(ConfigMapping root) => new LlamaSwapImport().Run(root);

    private ImportResult Run(ConfigMapping node)
    {
        var root = new ImportMapping(node, "", _report);
        foreach (var (name, value) in root.Map("macros").Entries)
        {
            _macros[name.Text] = (value as ConfigScalar)?.Text ?? "";
        }

        var hooks = root.Map("hooks");
        var onStartup = hooks.Map("on_startup");
        foreach (var (item, _) in onStartup.List("preload"))
        {
            _preload.Add((item as ConfigScalar)?.Text ?? "");
        }

        _defaultTtlSeconds = root.Number("globalTTL", out _) ?? 0;
        var models = root.Map("models");
        foreach (var (name, value) in models.Entries)
        {
            models.Take(name.Text);
            Model(name, new ImportMapping(value, models.At(name.Text), _report));
        }

        if (root.Take("groups") is { } groups)
        {
            _report.Approximate(groups, "groups", "models are loaded side by side as memory allows, and unloaded when others need it");
        }

        onStartup.Rest();
        hooks.Rest();
        root.Rest();
        var config = new JsonObject();
        if (_models.Count > 0)
        {
            config["models"] = _models;
        }

        if (_backends.Any)
        {
            config["backends"] = _backends.ToJson();
        }

        return new ImportResult { Config = config, Report = _report.Lines };
    }

    private void Model(ConfigScalar name, ImportMapping entry)
    {
        var command = Expanded(entry.Text("cmd", out var at) ?? "");
        var arguments = LlamaServerArguments.Parse(command);
        var aliases = entry.List("aliases").Select(a => (a.Node as ConfigScalar)?.Text ?? "").Where(a => Names.CheckModel(a) is null).ToList();
        var upstream = entry.Text("useModelName", out _);
        var proxy = entry.Text("proxy", out _);
        if (Names.CheckModel(name.Text) is not null)
        {
            _report.Unsupported(name, entry.Path, "its name has spaces");
        }
        else if (arguments.ModelPath is { Length: > 0 } file)
        {
            OnDevice(name.Text, file, arguments, aliases, entry);
            _report.Approximate(at, entry.Path, $"deployment {name.Text}/local, loaded by this daemon instead of a llama-server");
            foreach (var option in arguments.Others)
            {
                _report.Unsupported(at, entry.At("cmd"), $"the option {option} has no counterpart");
            }
        }
        else if (proxy is not null && !proxy.Contains("${", StringComparison.Ordinal) && HttpUrlType.TryParse(proxy, out var url) is null)
        {
            var deployment = new JsonObject { ["model"] = name.Text };
            if (upstream is not null && Names.CheckModel(upstream) is null)
            {
                deployment["upstream_model"] = upstream;
            }

            if (aliases.Count > 0)
            {
                deployment["aliases"] = Array(aliases);
            }

            var id = _backends.Add(name.Text, new JsonObject { ["kind"] = "openai", ["url"] = url.OriginalString }, deployment);
            _report.Approximate(at, entry.Path, $"deployment {id}; start its server yourself, this daemon does not run commands");
        }
        else
        {
            _report.Unsupported(at, entry.Path, "its command names no GGUF file, and there is no proxy URL to reach it");
        }

        entry.Take("checkEndpoint");
        entry.Rest();
    }

    private void OnDevice(string name, string file, LlamaServerArguments arguments, List<string> aliases, ImportMapping entry)
    {
        var model = new JsonObject { ["id"] = name, ["file"] = file };
        if (arguments.ContextTokens is > 0 and var total)
        {
            model["context"] = Math.Max(1, total / arguments.Slots);
        }

        model["slots"] = arguments.Slots;
        if (arguments.GpuLayers is { } layers)
        {
            // llama-server's users write 99 or 999 for "all".
            var number = int.TryParse(layers, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1;
            model["gpu_layers"] = layers is "auto" or "all" ? layers : number is >= 0 and < 99 ? number : "all";
        }

        if (arguments.Threads is > 0 and <= 1024 and var threads)
        {
            model["threads"] = threads;
        }

        if (arguments.Adapters.Count > 0)
        {
            model["lora"] = new JsonArray([.. arguments.Adapters.Select(a => (JsonNode)new JsonObject { ["file"] = a.FilePath, ["scale"] = a.Scale })]);
        }

        var ttl = entry.Number("ttl", out _) is { } own && own >= 0 ? own : _defaultTtlSeconds;
        model["keep_alive"] = ttl is > 0 and <= 31_536_000 ? JsonValue.Create(DurationText.Format(TimeSpan.FromSeconds(ttl))) : JsonValue.Create(-1);
        if (_preload.Contains(name))
        {
            model["preload"] = true;
        }

        if (aliases.Count > 0)
        {
            model["aliases"] = Array(aliases);
        }

        _models.Add((JsonNode)model);
    }

    // Macros may name macros; the passes are bounded because one may name itself.
    private string Expanded(string command)
    {
        for (var pass = 0; pass < MaxMacroPasses; pass++)
        {
            var before = command;
            foreach (var (name, value) in _macros)
            {
                var expanded = command.Replace("${" + name + "}", value, StringComparison.Ordinal);
                command = expanded.Length <= MaxCommandLength ? expanded : command;
            }

            if (command == before)
            {
                break;
            }
        }

        return command;
    }

    private static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)JsonValue.Create(t))]);
}
