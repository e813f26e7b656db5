using RouterDaemon.Backends;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;

namespace RouterDaemon.Fleet;

/// <summary>Everything a request needs of the configuration and the fleet, as one immutable reference that is read once.</summary>
internal sealed class FleetState
{
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
    public RoutingPreset DefaultPreset => RoutingPreset.Find(Config.Routing.Preset.ToString().ToLowerInvariant()) ?? RoutingPreset.Balanced;

    /// <summary>The policy of <paramref name="target"/>, else the configured default: its number plus one.</summary>
    public int PolicyOf(NameTarget target) => RoutingPolicies.IndexOf(target.Policy ?? Config.Routing.Policy) + 1;

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
