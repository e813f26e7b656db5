using System.Globalization;

namespace RouterDaemon.Cli;

/// <summary>Sizes and counts for people.</summary>
internal static class ByteText
{
    public static string Bytes(long bytes) => Scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);

    public static string Count(long count) => Scaled(count, 1000, ["", "K", "M", "B", "T"]).Replace(" ", "", StringComparison.Ordinal);

    private static string Scaled(double value, double step, string[] units)
    {
        var unit = 0;
        while (value >= step && unit < units.Length - 1)
        {
            value /= step;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(value, value < 10 ? 1 : 0)} {units[unit]}").TrimEnd();
    }
}
