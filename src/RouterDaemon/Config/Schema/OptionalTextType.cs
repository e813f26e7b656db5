using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>Another type of text, where <c>""</c> means not set.</summary>
internal sealed class OptionalTextType<T>(ScalarType<T> inner) : ConfigType<T?>
    where T : class
{
    public override bool TryBind(BindContext context, Yaml.ConfigNode node, string path, out T? value)
    {
        value = null;
        return (node is Yaml.ConfigScalar { Text: "" } || IsEmptyVariable(context, node)) || inner.TryBind(context, node, path, out value!);
    }

    public override JsonObject Schema()
    {
        var schema = inner.Schema();
        schema.Remove("minLength");
        return schema.ContainsKey("pattern") || schema.ContainsKey("$ref") || schema.ContainsKey("format")
            ? new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["const"] = "" }) }
            : schema;
    }

    public override JsonNode? Show(T? value) => value is null ? null : inner.Show(value);

    private static bool IsEmptyVariable(BindContext context, Yaml.ConfigNode node) => node is Yaml.ConfigScalar scalar
        && Yaml.VariableText.HasVariable(scalar.Text)
        && Yaml.VariableText.TryExpand(scalar.Text, context.Environment, out var text, out _) && text.Length == 0;
}
