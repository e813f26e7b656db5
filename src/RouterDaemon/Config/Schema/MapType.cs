using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>A mapping from names of the user's choice, kept in the order of the file.</summary>
internal sealed class MapType<T>(ConfigType<T> item, Func<T, string> getName, Func<T, string, T> setName, Func<string, string?> checkName, int maxItems)
    : ConfigType<IReadOnlyList<T>>
{
    public override bool KeepsParts => true;

    public override bool TryBind(BindContext context, ConfigNode node, string path, out IReadOnlyList<T> value)
    {
        value = [];
        if (node is not ConfigMapping mapping)
        {
            context.Error(node, path, $"{node.Kind} stands here, expected a mapping");
            return false;
        }

        if (mapping.Entries.Count > maxItems)
        {
            context.Error(node, path, $"{mapping.Entries.Count} entries, at most {maxItems} are allowed");
            return false;
        }

        var items = new List<T>(mapping.Entries.Count);
        var bound = true;
        foreach (var (key, child) in mapping.Entries)
        {
            var itemPath = Quoted.Key(path, key.Text);
            context.Remember(itemPath, key);
            if (checkName(key.Text) is { } error)
            {
                context.Error(key, itemPath, error.Replace("{}", Quoted.Text(key.Text), StringComparison.Ordinal));
                bound = false;
            }

            var good = item.TryBind(context, child, itemPath, out var one);
            bound &= good;
            if (good || item.KeepsParts)
            {
                items.Add(setName(one, key.Text));
            }
        }

        value = items;
        return bound;
    }

    public override JsonObject Schema() =>
        new() { ["type"] = "object", ["additionalProperties"] = item.Schema(), ["maxProperties"] = maxItems };

    public override JsonNode Show(IReadOnlyList<T> value)
    {
        var shown = new JsonObject();
        foreach (var one in value)
        {
            shown[getName(one)] = item.Show(one);
        }

        return shown;
    }
}
