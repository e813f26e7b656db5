using System.Globalization;
using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
internal sealed class IntegerType(int min, int max) : ScalarType<int>
{
    protected override string Expected => "a whole number";

    protected override string? TryParse(BindContext context, string text, out int value)
    {
        value = 0;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            var looksWhole = text.Length > 0 && text.TrimStart('-').All(char.IsAsciiDigit) && text != "-";
            return looksWhole ? OutOfRange : $"{{}} is not a whole number (from {min} to {max})";
        }

        if (number < min || number > max)
        {
            return OutOfRange;
        }

        value = (int)number;
        return null;
    }

    private string OutOfRange => $"{{}} is out of range (from {min} to {max})";

    public override JsonObject Schema() => OrVariable(new JsonObject { ["type"] = "integer", ["minimum"] = min, ["maximum"] = max });

    public override JsonNode Show(int value) => JsonValue.Create(value);
}
