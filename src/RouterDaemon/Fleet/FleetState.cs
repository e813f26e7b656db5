using RouterDaemon.Backends;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Fleet;

/// <summary>Everything a request needs of the configuration and the fleet, as one immutable reference that is read once.</summary>
internal sealed class FleetState
{
    private RoutingPreset? _defaultPreset;
    private int _defaultPolicy;

    /// <summary>The configuration it was built from.</summary>
    public required RouterdConfig Config { get; init; }

    /// <summary>Deployments.</summary>
    public required FleetSnapshot Snapshot { get; init; }

    /// <summary>Names to candidates.</summary>
    public required NameIndex Names { get; init; }

    /// <summary>The backend of each deployment, by its number.</summary>
    public required Backend[] Backends { get; init; }

    /// <summary>The preset of <paramref name="target"/>, else the configured default.</summary>
    public RoutingPreset PresetOf(NameTarget target) =>
        (target.Preset is { } name ? RoutingPreset.Find(name) : null) ?? DefaultPreset;

    /// <summary>The configured default preset.</summary>
    public RoutingPreset DefaultPreset => _defaultPreset ??= RoutingPreset.Find(Config.Routing.Preset.ToString().ToLowerInvariant()) ?? RoutingPreset.Balanced;

    /// <summary>The policy of <paramref name="target"/>, else the configured default: its number plus one.</summary>
    public int PolicyOf(NameTarget target)
    {
        if (target.Policy is { } own)
        {
            return RoutingPolicies.IndexOf(own) + 1;
        }

        return _defaultPolicy != 0 ? _defaultPolicy : _defaultPolicy = RoutingPolicies.IndexOf(Config.Routing.Policy) + 1;
    }

    /// <summary>Numbers of the fleet's names in the journal, once a request was recorded.</summary>
    public JournalNames? JournalNames { get; set; }

    /// <summary>Counters of its deployments, by number; filled as requests come.</summary>
    public DeploymentMeter?[]? Meters { get; set; }

    /// <summary>Names to try when none of a virtual model's deployments can answer.</summary>
    public IReadOnlyList<string> FallbacksOf(NameTarget target)
    {
        if (target.VirtualModel is not { } name)
        {
            return [];
        }

        foreach (var model in Config.VirtualModels)
        {
            if (model.Id == name)
            {
                return model.Fallbacks;
            }
        }

        return [];
    }
}
