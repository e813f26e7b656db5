namespace RouterDaemon.Store.Context.Sql;

/// <summary>A statement made from a question; it passed <see cref="SqlGuard"/>.</summary>
/// <param name="Sql">One SELECT with a LIMIT.</param>
/// <param name="Params">Values for its <c>?</c> in order: text or whole numbers.</param>
/// <param name="Tables">Tables it reads.</param>
/// <param name="Notes">How the question was understood.</param>
public sealed record GeneratedSql(string Sql, IReadOnlyList<object> Params, IReadOnlyList<string> Tables, string Notes);
