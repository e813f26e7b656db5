using System.Globalization;
using System.Text.RegularExpressions;

namespace RouterDaemon.Store.Context;

/// <summary>A window of time as people name it in a question.</summary>
/// <param name="Since">Inclusive.</param>
/// <param name="Until">Exclusive.</param>
public sealed partial record TimeWindow(DateTimeOffset Since, DateTimeOffset Until)
{
    /// <summary>The window a question (lower case) names, or null.</summary>
    public static TimeWindow? Find(string text, DateTimeOffset now)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var end = now.AddSeconds(1);
        if (text.Contains("yesterday", StringComparison.Ordinal))
        {
            return text.Contains("since yesterday", StringComparison.Ordinal) ? new TimeWindow(today.AddDays(-1), end) : new TimeWindow(today.AddDays(-1), today);
        }

        if (text.Contains("today", StringComparison.Ordinal))
        {
            return new TimeWindow(today, end);
        }

        if (Amount().Match(text) is { Success: true } match)
        {
            var amount = match.Groups[1].Success ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 1;
            var unit = match.Groups[2].Value switch
            {
                "minute" => TimeSpan.FromMinutes(1),
                "hour" => TimeSpan.FromHours(1),
                "day" => TimeSpan.FromDays(1),
                "month" => TimeSpan.FromDays(30),
                _ => TimeSpan.FromDays(7),
            };
            return new TimeWindow(now - (unit * amount), end);
        }

        return null;
    }

    [GeneratedRegex(@"\b(?:last|past|previous|this|within|in the last|in the past|since)\s+(\d{1,4})?\s*(minute|hour|day|week|month)s?\b")]
    private static partial Regex Amount();
}
