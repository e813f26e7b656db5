using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>An object or list that may be left out.</summary>
internal sealed class NullableObjectType<T>(ConfigType<T> inner) : ConfigType<T?>
    where T : class
{
    public override bool KeepsParts => inner.KeepsParts;

    public override bool TryBind(BindContext context, ConfigNode node, string path, out T? value)
    {
        var bound = inner.TryBind(context, node, path, out var some);
        value = some;
        return bound;
    }

    public override JsonObject Schema() => inner.Schema();

    public override JsonNode? Show(T? value) => value is null ? null : inner.Show(value);
}
