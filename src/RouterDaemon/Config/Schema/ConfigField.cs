using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>One key of an object.</summary>
internal abstract class ConfigField<T>
{
    public required string Name { get; init; }

    public required bool Required { get; init; }

    public abstract bool TryBind(BindContext context, ConfigNode node, string path, ref T target);

    public abstract JsonObject Schema(T defaults);

    public abstract JsonNode? Show(T value);
}
