using System.Globalization;

namespace RouterDaemon.Engine.Grammar;

/// <summary>GBNF for whole and decimal numbers within bounds.</summary>
internal static class NumberRange
{
    /// <summary>Largest magnitude generated: every reader holds it exactly in a double.</summary>
    public const long Limit = 999_999_999_999_999;

    /// <summary>Whole numbers from <paramref name="min"/> to <paramref name="max"/>; null when there are none.</summary>
    public static string? Integers(long min, long max)
    {
        min = Math.Max(min, -Limit);
        max = Math.Min(max, Limit);
        if (min > max)
            return null;
        List<string> parts = [];
        if (min < 0)
            parts.Add($"\"-\" ({Naturals(Math.Max(1, -Math.Min(max, -1)), -min)})");
        if (max >= 0)
            parts.Add(Naturals(Math.Max(0, min), max));
        return string.Join(" | ", parts);
    }

    /// <summary>Decimal numbers strictly or loosely between bounds, as a subset that is easy to write; null when there are none.</summary>
    public static string? Decimals(double min, bool minExclusive, double max, bool maxExclusive)
    {
        long low = (long)Math.Max(Math.Ceiling(min), -Limit);
        long high = (long)Math.Min(Math.Floor(max), Limit);
        List<string> parts = [];
        // n.fff lies in [n, n + 1) for n >= 0 and in (n - 1, n] below zero.
        const string Fraction = "\".\" [0-9]{0,14} [1-9]";
        if (high - 1 >= Math.Max(low, 0))
            parts.Add($"({Naturals(Math.Max(low, 0), high - 1)}) {Fraction}");
        if (low + 1 <= Math.Min(high, 0))
            parts.Add($"\"-\" ({Naturals(Math.Max(0, -Math.Min(high, 0)), -(low + 1))}) {Fraction}");
        long first = minExclusive && low == min ? low + 1 : low;
        long last = maxExclusive && high == max ? high - 1 : high;
        if (Integers(first, last) is { } whole)
            parts.Add(whole);
        return parts.Count > 0 ? string.Join(" | ", parts) : null;
    }

    /// <summary>Numbers without sign or leading zeros, 0 &lt;= min &lt;= max.</summary>
    private static string Naturals(long min, long max)
    {
        List<string> parts = [];
        for (long low = min; low <= max;)
        {
            int digits = low.ToString(CultureInfo.InvariantCulture).Length;
            long high = Math.Min(max, Power(digits) - 1);
            parts.Add(SameLength(low.ToString(CultureInfo.InvariantCulture), high.ToString(CultureInfo.InvariantCulture)));
            low = high + 1;
        }
        return string.Join(" | ", parts);
    }

    private static string SameLength(string low, string high)
    {
        int rest = low.Length - 1;
        if (rest < 0)
            return "\"\"";
        if (low.All(c => c == '0') && high.All(c => c == '9'))
            return Any(low.Length);
        if (low[0] == high[0])
            return rest == 0 ? $"\"{low[0]}\"" : $"\"{low[0]}\" ({SameLength(low[1..], high[1..])})";
        List<string> parts = [];
        char first = low[0];
        char last = high[0];
        if (low[1..].Any(c => c != '0'))
        {
            parts.Add($"\"{first}\" ({SameLength(low[1..], new string('9', rest))})");
            first++;
        }
        string? end = null;
        if (high[1..].Any(c => c != '9'))
        {
            end = $"\"{last}\" ({SameLength(new string('0', rest), high[1..])})";
            last--;
        }
        if (first <= last)
            parts.Add(rest == 0 ? $"[{first}-{last}]" : $"[{first}-{last}] {Any(rest)}");
        if (end is not null)
            parts.Add(end);
        return string.Join(" | ", parts);
    }

    private static string Any(int digits) => digits == 1 ? "[0-9]" : $"[0-9]{{{digits}}}";

    private static long Power(int digits)
    {
        long power = 1;
        for (int i = 0; i < digits; i++)
            power *= 10;
        return power;
    }
}
