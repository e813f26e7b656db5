using System.Globalization;

namespace RouterDaemon.Store;

/// <summary>The one timestamp format of the store: RFC 3339 UTC text with seconds, <c>YYYY-MM-DDTHH:MM:SSZ</c>. It sorts as text.</summary>
public static class Rfc3339
{
    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string Hour = "yyyy-MM-dd'T'HH:00:00'Z'";
    private const string Day = "yyyy-MM-dd";

    /// <summary>Seconds are cut off, never rounded.</summary>
    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(Seconds, CultureInfo.InvariantCulture);

    /// <summary>From microseconds since 1970.</summary>
    public static string FormatMicros(long unixMicros) => Format(DateTimeOffset.UnixEpoch.AddTicks(unixMicros * TimeSpan.TicksPerMicrosecond));

    /// <summary>Start of the hour.</summary>
    public static string FormatHour(DateTimeOffset time) => time.UtcDateTime.ToString(Hour, CultureInfo.InvariantCulture);

    /// <summary><c>YYYY-MM-DD</c>.</summary>
    public static string FormatDay(DateTimeOffset time) => time.UtcDateTime.ToString(Day, CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads an ISO 8601 date (UTC midnight) or date and time with <c>Z</c>, an offset, or none (UTC). False for anything else.
    /// </summary>
    public static bool TryParse(string? text, out DateTimeOffset time)
    {
        time = default;
        // The general parser accepts "March" or "1.5"; a timestamp begins with year-month-day.
        if (text is null || text.Length < 10 || !char.IsAsciiDigit(text[0]) || text[4] != '-' || text[7] != '-')
        {
            return false;
        }

        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }

    /// <summary>Reads what <see cref="Format"/> wrote. <see cref="FormatException"/> for anything else.</summary>
    public static DateTimeOffset Parse(string text) =>
        TryParse(text, out var time) ? time : throw new FormatException($"\"{text}\" is not an RFC 3339 time");
}
