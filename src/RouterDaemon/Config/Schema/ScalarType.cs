using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>A value that is written as one word or text.</summary>
internal abstract class ScalarType<T> : ConfigType<T>
{
    /// <summary>For the message when a list or mapping stands here: <c>a duration</c>.</summary>
    protected abstract string Expected { get; }

    public override bool TryBind(BindContext context, ConfigNode node, string path, out T value)
    {
        value = default!;
        if (!context.TryText(node, path, Expected, out var text, out var shown))
        {
            return false;
        }

        var error = TryParse(context, text, out value);
        if (error is not null)
        {
            context.Error(node, path, error.Replace("{}", shown, StringComparison.Ordinal));
        }

        return error is null;
    }

    /// <summary>Null when it went well, else what is wrong, with <c>{}</c> where the text as written belongs.</summary>
    protected abstract string? TryParse(BindContext context, string text, out T value);

    /// <summary>Numbers and booleans may also be given by a variable, which makes them text in the file.</summary>
    protected static JsonObject OrVariable(JsonObject schema) => new()
    {
        ["anyOf"] = new JsonArray(schema, new JsonObject { ["$ref"] = "#/$defs/variable" }),
    };
}
