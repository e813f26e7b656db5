using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>A mapping with known keys. The list of <see cref="Field"/>s is the one place where a key is written down.</summary>
internal sealed class ObjectType<T>(T defaults) : ConfigType<T>
    where T : class
{
    private readonly List<ConfigField<T>> _fields = [];

    /// <summary>Keys that start with <c>x-</c> are the user's own, for instance to hold anchors.</summary>
    public bool AllowUserKeys { get; init; }

    /// <summary>Adds a key.</summary>
    /// <param name="name">As written in the file.</param>
    /// <param name="type">How its value is read.</param>
    /// <param name="get">For <c>config show</c>.</param>
    /// <param name="set">A copy with the value.</param>
    /// <param name="help">One sentence: meaning, unit, what 0 means.</param>
    /// <param name="required">The object is not complete without it.</param>
    public ObjectType<T> Field<TValue>(
        string name, ConfigType<TValue> type, Func<T, TValue> get, Func<T, TValue, T> set, string help, bool required = false)
    {
        _fields.Add(new TypedField<TValue>(type, get, set, help) { Name = name, Required = required });
        return this;
    }

    public override bool KeepsParts => true;

    public override bool TryBind(BindContext context, ConfigNode node, string path, out T value)
    {
        value = defaults;
        if (node is not ConfigMapping mapping)
        {
            context.Error(node, path, $"{node.Kind} stands here, expected a mapping");
            return false;
        }

        var bound = true;
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, child) in mapping.Entries)
        {
            var keyPath = Quoted.Key(path, key.Text);
            var field = _fields.Find(f => f.Name == key.Text);
            if (field is null)
            {
                if (!AllowUserKeys || !key.Text.StartsWith("x-", StringComparison.Ordinal))
                {
                    bound = false;
                    context.Error(key, keyPath, Unknown(key.Text));
                }

                continue;
            }

            if (child is ConfigScalar { IsNull: true })
            {
                continue;
            }

            written.Add(field.Name);
            context.Remember(keyPath, child);
            bound &= field.TryBind(context, child, keyPath, ref value);
        }

        foreach (var missing in _fields.Where(f => f.Required && !written.Contains(f.Name)))
        {
            bound = false;
            context.Error(node, path, $"the key \"{missing.Name}\" is missing");
        }

        return bound;
    }

    public override JsonObject Schema()
    {
        var properties = new JsonObject();
        foreach (var field in _fields)
        {
            properties[field.Name] = field.Schema(defaults);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (_fields.Exists(f => f.Required))
        {
            schema["required"] = new JsonArray([.. _fields.Where(f => f.Required).Select(f => (JsonNode)JsonValue.Create(f.Name))]);
        }

        if (AllowUserKeys)
        {
            schema["patternProperties"] = new JsonObject { ["^x-"] = new JsonObject() };
        }

        return schema;
    }

    public override JsonNode Show(T value)
    {
        var shown = new JsonObject();
        foreach (var field in _fields)
        {
            // What is not set is left out, as in a file.
            if (field.Show(value) is { } part)
            {
                shown[field.Name] = part;
            }
        }

        return shown;
    }

    private string Unknown(string key)
    {
        var near = NearestName.Find(key, _fields.Select(f => f.Name));
        return near is null
            ? $"unknown key (known here: {string.Join(", ", _fields.Select(f => f.Name))})"
            : $"unknown key, did you mean \"{near}\"?";
    }

    private sealed class TypedField<TValue>(ConfigType<TValue> type, Func<T, TValue> get, Func<T, TValue, T> set, string help) : ConfigField<T>
    {
        public override bool TryBind(BindContext context, ConfigNode node, string path, ref T target)
        {
            var bound = type.TryBind(context, node, path, out var value);
            if (bound || type.KeepsParts)
            {
                target = set(target, value);
            }

            return bound;
        }

        public override JsonObject Schema(T defaults)
        {
            var schema = new JsonObject { ["description"] = help };
            foreach (var (key, part) in type.Schema().ToList())
            {
                schema[key] = part?.DeepClone();
            }

            if (!Required && type.Show(get(defaults)) is { } standard && standard is not JsonArray { Count: 0 })
            {
                schema["default"] = standard;
            }

            return schema;
        }

        public override JsonNode? Show(T value) => type.Show(get(value));
    }
}
