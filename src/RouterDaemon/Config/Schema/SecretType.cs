using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>A secret written as <c>${VAR}</c>; a plain one in the file is taken too, and never shown again.</summary>
internal sealed class SecretType : ScalarType<Secret>
{
    protected override string Expected => "text";

    protected override string? TryParse(BindContext context, string text, out Secret value)
    {
        value = new Secret(text);
        return text.Length == 0 ? "empty, expected text" : null;
    }

    public override JsonObject Schema() => new() { ["type"] = "string" };

    public override JsonNode Show(Secret value) => JsonValue.Create(value.ToString());
}
