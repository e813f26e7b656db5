namespace RouterDaemon.Store.Context.Sql;

/// <summary>Rows of a statement; values are long, double, string, byte[] or null.</summary>
public sealed record SqlResult(IReadOnlyList<string> Columns, IReadOnlyList<object?[]> Rows, bool HasMore);
