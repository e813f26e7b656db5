using System.Globalization;

namespace RouterDaemon.Store.Context;

/// <summary>
/// Time parameters of the tools: <c>now</c>, <c>today</c> and <c>yesterday</c> (UTC midnight), <c>N minutes|hours|days|weeks ago</c>,
/// <c>last week</c> (7 days ago), or an ISO date or timestamp.
/// </summary>
public static class TimePhrase
{
    private const int MaxAmount = 1_000_000;

    /// <summary>Throws <see cref="ContextException"/> (<c>INVALID_PARAMETER</c>) naming the parameter when the text is none of these.</summary>
    public static DateTimeOffset Parse(string parameter, string text, DateTimeOffset now) =>
        TryParse(text, now, out var time)
            ? time
            : throw ContextException.Invalid(
                $"Invalid {parameter}: {Shorten(text)} (examples: now, today, yesterday, 24 hours ago, 7 days ago, 2024-01-15T16:00:00Z)");

    /// <summary>False when the text is no time.</summary>
    public static bool TryParse(string text, DateTimeOffset now, out DateTimeOffset time)
    {
        text = text.Trim().ToLowerInvariant();
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        (time, var known) = text switch
        {
            "now" => (now, true),
            "today" => (today, true),
            "yesterday" => (today.AddDays(-1), true),
            "last week" or "a week ago" => (now.AddDays(-7), true),
            "last hour" or "an hour ago" => (now.AddHours(-1), true),
            "last day" or "a day ago" => (now.AddDays(-1), true),
            _ => (default, false),
        };
        return known || TryAgo(text, now, out time) || Rfc3339.TryParse(text.ToUpperInvariant(), out time);
    }

    private static bool TryAgo(string text, DateTimeOffset now, out DateTimeOffset time)
    {
        time = default;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 3 || words[2] != "ago"
            || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var amount) || amount > MaxAmount)
        {
            return false;
        }

        var unit = words[1].TrimEnd('s') switch
        {
            "second" or "sec" => TimeSpan.FromSeconds(1),
            "minute" or "min" => TimeSpan.FromMinutes(1),
            "hour" or "hr" or "h" => TimeSpan.FromHours(1),
            "day" or "d" => TimeSpan.FromDays(1),
            "week" or "w" => TimeSpan.FromDays(7),
            _ => TimeSpan.Zero,
        };
        if (unit == TimeSpan.Zero || unit * amount > now - DateTimeOffset.MinValue)
        {
            return false;
        }

        time = now - (unit * amount);
        return true;
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
