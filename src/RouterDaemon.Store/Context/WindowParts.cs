using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context;

/// <summary>
/// How a window is read. Up to <see cref="RawRowLimit"/> rows are read one by one; larger windows, and times whose rows are deleted already,
/// take whole hours from the roll-ups and only the rest from rows.
/// </summary>
/// <param name="Hours">Hours of the roll-ups, or null.</param>
/// <param name="Rows">What is read from rows.</param>
internal sealed record WindowParts(WholeHours? Hours, IReadOnlyList<TimeRange> Rows)
{
    /// <summary>Rows that are still read one by one.</summary>
    public const int RawRowLimit = 20_000;

    /// <summary>Key of <c>r_meta</c>: requests that were created before this are deleted.</summary>
    public const string RequestsFromKey = "requests_from";

    /// <summary>Key of <c>r_meta</c>: scores that were evaluated before this may be deleted.</summary>
    public const string ScoresFromKey = "scores_from";

    /// <summary>The window of requests by their creation, both ends inclusive.</summary>
    public static WindowParts OfRequests(SqliteConnection connection, DateTimeOffset since, DateTimeOffset until) =>
        Of(connection, since, until, "requests", "created_at", RequestsFromKey);

    /// <summary>The window of scores by their evaluation, both ends inclusive.</summary>
    public static WindowParts OfScores(SqliteConnection connection, DateTimeOffset since, DateTimeOffset until) =>
        Of(connection, since, until, "r_quality_times", "evaluated_at", ScoresFromKey);

    /// <summary>False for a file that the daemon did not write.</summary>
    public static bool HasRollUps(SqliteConnection connection) =>
        connection.Scalar("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'r_rollups'") is not null;

    /// <summary>Whether a window is one for the roll-ups; <paramref name="rowsFrom"/> is where its rows begin if some are deleted.</summary>
    public static bool NeedsRollUps(
        SqliteConnection connection, DateTimeOffset since, DateTimeOffset until, string table, string column, string rowsFromKey, out DateTimeOffset? rowsFrom)
    {
        rowsFrom = null;
        if (!HasRollUps(connection))
        {
            return false;
        }

        if (Rfc3339.TryParse(Meta.Get(connection, rowsFromKey), out var from) && since < from)
        {
            rowsFrom = from;
        }

        return rowsFrom is not null || IsLarge(connection, since, until, table, column);
    }

    private static WindowParts Of(
        SqliteConnection connection, DateTimeOffset since, DateTimeOffset until, string table, string column, string rowsFromKey)
    {
        var all = new TimeRange(Rfc3339.Format(since), Rfc3339.Format(until), IncludesTo: true);
        if (!NeedsRollUps(connection, since, until, table, column, rowsFromKey, out var rowsFrom))
        {
            return new WindowParts(null, [all]);
        }

        var end = rowsFrom is { } from && from < until && !IsLarge(connection, since, until, table, column) ? from.AddSeconds(-1) : until;
        return WholeHours.TryWithin(since, end, out var hours)
            ? new WindowParts(hours, [new TimeRange(all.From, hours.First, IncludesTo: false), new TimeRange(hours.End, all.To, IncludesTo: true)])
            : new WindowParts(null, [all]);
    }

    private static bool IsLarge(SqliteConnection connection, DateTimeOffset since, DateTimeOffset until, string table, string column) =>
        new TimeRange(Rfc3339.Format(since), Rfc3339.Format(until), IncludesTo: true).On(column, new Filter()).MatchesMoreThan(connection, table, RawRowLimit);
}
