using System.Globalization;
using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>A number with or without a fraction from <paramref name="min"/> to <paramref name="max"/>.</summary>
internal sealed class FractionalType(double min, double max) : ScalarType<double>
{
    protected override string Expected => "a number";

    protected override string? TryParse(BindContext context, string text, out double value)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var range = string.Create(CultureInfo.InvariantCulture, $"(from {min} to {max})");
        if (!double.TryParse(text, Style, CultureInfo.InvariantCulture, out value) || double.IsNaN(value))
        {
            return $"{{}} is not a number {range}";
        }

        return value < min || value > max ? $"{{}} is out of range {range}" : null;
    }

    public override JsonObject Schema() => OrVariable(new JsonObject { ["type"] = "number", ["minimum"] = min, ["maximum"] = max });

    public override JsonNode Show(double value) => JsonValue.Create(value);
}
