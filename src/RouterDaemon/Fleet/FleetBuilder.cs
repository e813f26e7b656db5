using RouterDaemon.Backends;
using RouterDaemon.Backends.OnDevice;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Engine;
using RouterDaemon.Fleet.Known;

namespace RouterDaemon.Fleet;

/// <summary>Turns a configuration and what was discovered into a <see cref="FleetState"/>.</summary>
internal sealed class FleetBuilder(RouterdConfig config, long generation, Budgets budgets, Func<string, EstimatorPriors, DeploymentState> stateOf)
{
    private const Capability Everything = Capability.Chat | Capability.Completion | Capability.Tools | Capability.JsonObject
        | Capability.JsonSchema | Capability.Vision | Capability.Embeddings | Capability.LogProbs | Capability.Infill | Capability.Audio;

    private const Capability OfAnthropic = Capability.Chat | Capability.Tools | Capability.JsonSchema | Capability.Vision;

    private const Capability Generating = Capability.Chat | Capability.Completion | Capability.LogProbs | Capability.ContinueAssistant
        | Capability.JsonObject | Capability.JsonSchema;

    private readonly List<DeploymentEntry> _entries = [];
    private readonly List<Backend> _backends = [];
    private readonly List<string> _tags = [];
    private int _joinedFrom = int.MaxValue;
    private readonly List<KeyValuePair<string, string>> _aliases = [];

    /// <summary>Adds a model of this machine. <paramref name="traits"/> is null when its file cannot be used.</summary>
    public void AddOnDevice(OnDeviceModelConfig model, Backend backend, int contextTokens, ModelTraits? traits)
    {
        var id = $"{model.Id}/{OnDeviceBackend.LocalId}";
        AddEntry(backend, new DeploymentEntry
        {
            Id = id,
            ModelId = model.Id,
            BackendId = OnDeviceBackend.LocalId,
            UpstreamModel = model.Id,
            Capabilities = traits is null ? Everything : CapabilitiesOf(traits),
            Trust = TrustLevel.Device,
            ContextTokens = contextTokens,
            Quality = model.Quality ?? (model.LastResort ? 0.05 : 0.5),
            MaxInFlight = model.Slots + model.QueueLimit,
            Slots = model.Slots,
            OnDevice = true,
            LastResort = model.LastResort,
            Unusable = traits is null,
            Weight = model.Weight,
            Tags = TagBits(model.Tags),
            Budgets = budgets.Of(model.Id, OnDeviceBackend.LocalId),
            State = stateOf(id, EstimatorPriors.OnDevice),
        });
        AddAliases(model.Aliases, id);
    }

    /// <summary>Adds the configured deployments of a backend, or the discovered ones when none are configured.</summary>
    public void AddRemote(BackendConfig backendConfig, Backend backend, IReadOnlyList<DiscoveredModel> discovered)
    {
        var provider = KnownModels.At(backendConfig.Url);
        var deployments = backendConfig.Deployments
            ?? [.. discovered.Where(m => provider?.Serves(m.Id) != false).Select(m => new DeploymentConfig { Model = m.Id, ContextTokens = m.ContextTokens })];
        foreach (var deployment in deployments)
        {
            var upstream = deployment.UpstreamModel ?? deployment.Model;
            var listed = discovered.FirstOrDefault(m => m.Id == upstream);
            var known = provider?.Find(upstream);
            var id = $"{deployment.Model}/{backendConfig.Id}";
            var price = deployment.Price ?? listed?.Price ?? known?.Price;
            AddEntry(backend, new DeploymentEntry
            {
                Id = id,
                ModelId = deployment.Model,
                BackendId = backendConfig.Id,
                BackendKind = KindName(backendConfig.Kind),
                UpstreamModel = upstream,
                Capabilities = backendConfig.Kind == BackendKind.Anthropic
                    ? (deployment.Capabilities ?? OfAnthropic) | Capability.AnthropicMessages
                    : deployment.Capabilities ?? listed?.Capabilities ?? (known is { Embeds: true } ? Capability.Embeddings : Everything),
                Trust = backendConfig.Trust,
                ContextTokens = FirstKnown(deployment.ContextTokens, listed?.ContextTokens, known?.ContextTokens),
                PriceInputUsdPerMillion = price?.InputUsdPerMillion ?? 0,
                PriceCachedInputUsdPerMillion = price?.CachedInputUsdPerMillion ?? price?.InputUsdPerMillion ?? 0,
                PriceOutputUsdPerMillion = price?.OutputUsdPerMillion ?? 0,
                Quality = deployment.Quality ?? 0.5,
                MaxInFlight = deployment.MaxInFlight ?? backendConfig.MaxInFlight,
                Slots = deployment.Slots,
                Weight = deployment.Weight ?? backendConfig.Weight,
                Tags = TagBits([.. backendConfig.Tags, .. deployment.Tags]),
                Budgets = budgets.Of(deployment.Model, backendConfig.Id),
                State = stateOf(
                    id, provider is not null || price is { InputUsdPerMillion: > 0 } or { OutputUsdPerMillion: > 0 } ? EstimatorPriors.Hosted : EstimatorPriors.Remote),
            });
            AddAliases(deployment.Aliases, id);
        }
    }

    /// <summary>Adds what an agent that joined serves, last of all: a name that is taken stays with whom it means.</summary>
    public void AddJoined(BackendConfig agent, Backend backend, IReadOnlyList<DiscoveredModel> discovered)
    {
        var free = new List<DeploymentConfig>();
        foreach (var deployment in agent.Deployments ?? [.. discovered.Select(m => new DeploymentConfig { Model = m.Id, ContextTokens = m.ContextTokens })])
        {
            if (!IsTaken(deployment.Model) && !IsTaken($"{deployment.Model}/{agent.Id}"))
            {
                free.Add(deployment);
            }
        }

        // Agents may serve the same model beside each other.
        var before = _entries.Count;
        AddRemote(agent with { Deployments = free }, backend, discovered);
        _joinedFrom = Math.Min(_joinedFrom, before);
    }

    /// <summary>The finished state.</summary>
    public FleetState Build()
    {
        var snapshot = new FleetSnapshot([.. _entries], generation, [.. _tags]);
        var virtualModels = config.VirtualModels
            .Select(v => new VirtualModel(v.Id, v.Deployments, v.Policy, v.Preset?.ToString().ToLowerInvariant()))
            .ToList();
        return new FleetState
        {
            Config = config,
            Snapshot = snapshot,
            Names = new NameIndex(snapshot, virtualModels, _aliases),
            Backends = [.. _backends],
        };
    }

    /// <summary>A backend's kind as the configuration spells it.</summary>
    public static string KindName(BackendKind kind) => kind switch
    {
        BackendKind.LlmD => "llm-d",
        BackendKind.OpenAi => "openai",
        BackendKind.Anthropic => "anthropic",
        BackendKind.Ollama => "ollama",
        _ => "routerd",
    };

    private static int FirstKnown(int configured, int? listed, int? known) => configured > 0 ? configured : listed > 0 ? listed.Value : known ?? 0;

    private static Capability CapabilitiesOf(ModelTraits traits) =>
        (traits.Generates ? Generating : 0)
        | (traits.CallsTools ? Capability.Tools : 0)
        | (traits.Infills ? Capability.Infill : 0)
        | traits.Pooling switch
        {
            PoolingKind.None => 0,
            PoolingKind.Rank => Capability.Rerank,
            _ => Capability.Embeddings,
        };

    private void AddEntry(Backend backend, DeploymentEntry entry)
    {
        if (_entries.TrueForAll(e => e.Id != entry.Id))
        {
            _entries.Add(entry);
            _backends.Add(backend);
        }
    }

    private bool IsTaken(string name)
    {
        for (var i = 0; i < Math.Min(_joinedFrom, _entries.Count); i++)
        {
            if (_entries[i].ModelId == name || _entries[i].Id == name)
            {
                return true;
            }
        }

        return config.VirtualModels.Any(v => v.Id == name) || _aliases.Exists(a => a.Key == name);
    }

    private void AddAliases(IReadOnlyList<string> aliases, string id)
    {
        foreach (var alias in aliases)
        {
            _aliases.Add(new(alias, id));
        }
    }

    private ulong TagBits(IReadOnlyList<string> tags)
    {
        ulong bits = 0;
        foreach (var tag in tags)
        {
            var bit = _tags.IndexOf(tag);
            if (bit < 0 && _tags.Count < 64)
            {
                bit = _tags.Count;
                _tags.Add(tag);
            }

            bits |= bit >= 0 ? 1UL << bit : 0;
        }

        return bits;
    }
}
