using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>A value that may be left out; <paramref name="word"/>, where given, says so in words (<c>auto</c>).</summary>
internal sealed class OptionalValueType<T>(ConfigType<T> inner, string? word = null) : ConfigType<T?>
    where T : struct
{
    public override bool TryBind(BindContext context, ConfigNode node, string path, out T? value)
    {
        value = null;
        if (word is not null && node is ConfigScalar scalar
            && VariableText.TryExpand(scalar.Text, context.Environment, out var text, out _) && text == word)
        {
            return true;
        }

        var bound = inner.TryBind(context, node, path, out var some);
        value = some;
        return bound;
    }

    public override JsonObject Schema() => word is null
        ? inner.Schema()
        : new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["const"] = word }, inner.Schema()) };

    public override JsonNode? Show(T? value) => value is { } some ? inner.Show(some) : word is null ? null : JsonValue.Create(word);
}
