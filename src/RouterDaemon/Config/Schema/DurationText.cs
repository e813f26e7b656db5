using System.Globalization;

namespace RouterDaemon.Config.Schema;

/// <summary><c>500ms</c>, <c>2s</c>, <c>1.5s</c>, <c>10m</c>, <c>1h30m</c>, <c>7d</c> and <c>0</c>.</summary>
internal static class DurationText
{
    /// <summary>The pattern of <see cref="TryParse"/>, for the JSON Schema.</summary>
    public const string Pattern = @"^(([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+|0|-1)$";

    private static readonly (string Unit, double Ms)[] Units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        double totalMs = 0;
        var i = 0;
        while (i < text.Length)
        {
            var start = i;
            while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.'))
            {
                i++;
            }

            var unitStart = i;
            while (i < text.Length && char.IsAsciiLetterLower(text[i]))
            {
                i++;
            }

            var number = text.AsSpan(start, unitStart - start);
            var unit = text[unitStart..i];
            var known = Array.FindIndex(Units, u => u.Unit == unit);
            if (known < 0 || number.Length == 0 || number[0] == '.' || number[^1] == '.'
                || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            totalMs += count * Units[known].Ms;
        }

        if (text.Length == 0 || totalMs > TimeSpan.MaxValue.TotalMilliseconds / 2)
        {
            return false;
        }

        value = TimeSpan.FromTicks((long)Math.Round(totalMs * TimeSpan.TicksPerMillisecond));
        return true;
    }

    /// <summary>The shortest form in whole numbers of one unit.</summary>
    public static string Format(TimeSpan value)
    {
        var ms = value.TotalMilliseconds;
        foreach (var (unit, unitMs) in Enumerable.Reverse(Units))
        {
            if (ms >= unitMs && ms % unitMs == 0 && (unit != "m" || ms >= 2 * unitMs) && (unit is not ("h" or "d") || ms >= 2 * unitMs))
            {
                return string.Create(CultureInfo.InvariantCulture, $"{(long)(ms / unitMs)}{unit}");
            }
        }

        return ms == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{ms}ms");
    }
}
