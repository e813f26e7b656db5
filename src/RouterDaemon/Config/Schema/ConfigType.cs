using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>How one kind of value is read, described and shown: the three uses of the table.</summary>
internal abstract class ConfigType<T>
{
    /// <summary>Reads a value that is not null. False after at least one fault was added to the context.</summary>
    public abstract bool TryBind(BindContext context, ConfigNode node, string path, out T value);

    /// <summary>True when a value that could not be read in full still has parts worth checking, so that all faults are found at once.</summary>
    public virtual bool KeepsParts => false;

    /// <summary>JSON Schema of the value.</summary>
    public abstract JsonObject Schema();

    /// <summary>The value as it would be written; secrets as <c>***</c>; null = not set.</summary>
    public abstract JsonNode? Show(T value);
}
