using System.Globalization;
using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>A number of bytes, with or without a unit.</summary>
internal sealed class SizeType(long minBytes, long maxBytes) : ScalarType<long>
{
    /// <summary>The pattern of <see cref="TryParse"/>, for the JSON Schema.</summary>
    public const string Pattern = @"^[0-9]+(\.[0-9]+)?\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$";

    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("KB", 1000), ("B", 1),
    ];

    protected override string Expected => "a size";

    protected override string? TryParse(BindContext context, string text, out long value)
    {
        value = 0;
        var unit = Array.Find(Units, u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        var number = unit.Unit is null ? text : text[..^unit.Unit.Length].TrimEnd();
        if (number.Length == 0 || !char.IsAsciiDigit(number[0])
            || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
        {
            return "{} is not a size (examples: 256MiB, 1GB, 65536)";
        }

        var bytes = Math.Round(count * (unit.Unit is null ? 1 : unit.Bytes));
        if (bytes < minBytes || bytes > maxBytes)
        {
            return $"{{}} is out of range (from {Format(minBytes)} to {Format(maxBytes)})";
        }

        value = (long)bytes;
        return null;
    }

    public override JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer", ["minimum"] = minBytes }, new JsonObject { ["$ref"] = "#/$defs/size" }),
    };

    public override JsonNode Show(long value) => Format(value) is var text && text == value.ToString(CultureInfo.InvariantCulture)
        ? JsonValue.Create(value)
        : JsonValue.Create(text);

    private static string Format(long bytes)
    {
        var unit = Array.Find(Units, u => u.Unit is "TiB" or "GiB" or "MiB" or "KiB" && bytes >= u.Bytes && bytes % u.Bytes == 0);
        return unit.Unit is null
            ? bytes.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / unit.Bytes}{unit.Unit}");
    }
}
