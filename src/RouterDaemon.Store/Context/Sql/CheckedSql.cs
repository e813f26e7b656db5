namespace RouterDaemon.Store.Context.Sql;

/// <summary>A statement that passed <see cref="SqlGuard"/>.</summary>
/// <param name="Sql">Without trailing semicolon, with a LIMIT.</param>
/// <param name="Tables">Known tables it names, sorted.</param>
/// <param name="LimitAdded">True when the LIMIT is ours.</param>
/// <param name="Defined">Names that WITH defines.</param>
public sealed record CheckedSql(string Sql, IReadOnlyList<string> Tables, bool LimitAdded, IReadOnlySet<string> Defined);
