namespace RouterDaemon.Store.Context;

/// <summary>A stretch of time as timestamps; the start is inclusive.</summary>
internal readonly record struct TimeRange(string From, string To, bool IncludesTo)
{
    /// <summary>The condition on a column of timestamps.</summary>
    public Filter On(string column, Filter filter) => filter.And(column, ">=", From).And(column, IncludesTo ? "<=" : "<", To);
}
