using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Config.Schema;

/// <summary>A list of capability names to bits.</summary>
internal sealed class CapabilitiesType : ConfigType<Capability>
{
    private static readonly ListType<Capability> List = new(new ChoiceType<Capability>(CapabilityNames.Table), maxItems: 32);

    public override bool TryBind(BindContext context, ConfigNode node, string path, out Capability value)
    {
        var bound = List.TryBind(context, node, path, out var bits);
        value = Capability.None;
        foreach (var bit in bits)
        {
            value |= bit;
        }

        return bound;
    }

    public override JsonObject Schema() => List.Schema();

    public override JsonNode Show(Capability value) => List.Show(Array.ConvertAll(Array.FindAll(CapabilityNames.Table, n => value.HasFlag(n.Value)), static n => n.Value));
}
