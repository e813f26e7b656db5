using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>A list; with <paramref name="allowSingle"/> one value may stand for a list of one.</summary>
internal sealed class ListType<T>(ConfigType<T> item, int maxItems, bool allowSingle = false, int minItems = 0) : ConfigType<IReadOnlyList<T>>
{
    public override bool KeepsParts => true;

    public override bool TryBind(BindContext context, ConfigNode node, string path, out IReadOnlyList<T> value)
    {
        value = [];
        if (node is not ConfigSequence sequence)
        {
            if (allowSingle && item.TryBind(context, node, path, out var single))
            {
                value = [single];
                return true;
            }

            if (!allowSingle)
            {
                context.Error(node, path, $"{node.Kind} stands here, expected a list");
            }

            return false;
        }

        var count = sequence.Items.Count;
        if (count > maxItems || count < minItems)
        {
            context.Error(node, path, count > maxItems ? $"{count} entries, at most {maxItems} are allowed" : $"at least {minItems} {(minItems == 1 ? "entry is" : "entries are")} needed");
            return false;
        }

        var items = new List<T>(count);
        var bound = true;
        for (var i = 0; i < count; i++)
        {
            var itemPath = Quoted.Index(path, i);
            context.Remember(itemPath, sequence.Items[i]);
            var good = item.TryBind(context, sequence.Items[i], itemPath, out var one);
            bound &= good;
            if (good || item.KeepsParts)
            {
                items.Add(one);
            }
        }

        value = items;
        return bound;
    }

    public override JsonObject Schema()
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = item.Schema(), ["maxItems"] = maxItems };
        if (minItems > 0)
        {
            list["minItems"] = minItems;
        }

        return allowSingle ? new JsonObject { ["anyOf"] = new JsonArray(list, item.Schema()) } : list;
    }

    public override JsonNode Show(IReadOnlyList<T> value) => new JsonArray([.. value.Select(item.Show)]);
}
