namespace RouterDaemon.Store.Context;

/// <summary>The whole hours inside a window, as timestamps: <paramref name="First"/> inclusive, <paramref name="End"/> exclusive.</summary>
internal readonly record struct WholeHours(string First, string End)
{
    /// <summary>False when the window (both ends inclusive) holds no whole hour.</summary>
    public static bool TryWithin(DateTimeOffset since, DateTimeOffset until, out WholeHours hours)
    {
        var first = Floor(since) is var floor && floor < since ? floor.AddHours(1) : floor;
        // The last second of an hour is its :59:59; a window that ends there holds the hour whole.
        var end = Floor(until.AddSeconds(1));
        hours = new WholeHours(Rfc3339.Format(first), Rfc3339.Format(end));
        return first < end;
    }

    private static DateTimeOffset Floor(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
}
