using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary><c>true</c> or <c>false</c>; YAML 1.1's <c>yes</c> and <c>on</c> are not taken, since YAML 1.2 reads them as text.</summary>
internal sealed class BooleanType : ScalarType<bool>
{
    protected override string Expected => "true or false";

    protected override string? TryParse(BindContext context, string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE";
        return value || text is "false" or "False" or "FALSE" ? null : "{} is neither true nor false";
    }

    public override JsonObject Schema() => OrVariable(new JsonObject { ["type"] = "boolean" });

    public override JsonNode Show(bool value) => JsonValue.Create(value);
}
