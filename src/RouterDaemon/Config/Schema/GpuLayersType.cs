using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>A number of layers or <c>all</c>.</summary>
internal sealed class GpuLayersType : ScalarType<int>
{
    protected override string Expected => "auto, all or a whole number";

    protected override string? TryParse(BindContext context, string text, out int value)
    {
        value = int.MaxValue;
        if (text == "all")
        {
            return null;
        }

        return int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value) && value <= 10_000
            ? null
            : "{} is neither auto nor all nor a number of layers (from 0 to 10000)";
    }

    public override JsonObject Schema() => OrVariable(new JsonObject
    {
        ["anyOf"] = new JsonArray(new JsonObject { ["const"] = "all" }, new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = 10_000 }),
    });

    public override JsonNode Show(int value) => value == int.MaxValue ? JsonValue.Create("all") : JsonValue.Create(value);
}
