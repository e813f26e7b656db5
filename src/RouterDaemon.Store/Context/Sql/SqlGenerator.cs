using System.Text.RegularExpressions;

namespace RouterDaemon.Store.Context.Sql;

/// <summary>
/// Turns a question into one SELECT by rules: table, measure, grouping, filters, time window, order. No model is asked; what was
/// understood stands in the notes. A question that already is SQL is checked and gets its LIMIT.
/// </summary>
public static partial class SqlGenerator
{
    private static readonly string[] Writes =
        ["insert", "update", "delete", "drop", "alter", "create", "truncate", "attach", "detach", "pragma", "vacuum", "replace", "reindex"];

    /// <summary>
    /// <paramref name="names"/> are model, backend, deployment and user ids to recognise in the text. Throws <see cref="ContextException"/>
    /// (<c>INVALID_PARAMETER</c>) when the question asks for a change or for a table that is not known.
    /// </summary>
    public static GeneratedSql Generate(string query, KnownNames names, DateTimeOffset now)
    {
        var trimmed = query.Trim();
        if (StartsAsSql().IsMatch(trimmed))
        {
            var given = SqlGuard.Check(trimmed);
            return new GeneratedSql(given.Sql, [], given.Tables, "The text was SQL already; it was checked" + (given.LimitAdded ? " and got a LIMIT." : "."));
        }

        var text = trimmed.ToLowerInvariant();
        var first = FirstWord().Match(text).Value;
        if (Writes.Contains(first) || SqlWrite().IsMatch(text))
        {
            throw ContextException.Invalid("Invalid query: only questions that read are answered (read_only)");
        }

        var builder = new SqlQuestion(text, names, now);
        var (sql, parameters, notes) = builder.Build();
        var check = SqlGuard.Check(sql);
        return new GeneratedSql(check.Sql, parameters, check.Tables, notes);
    }

    [GeneratedRegex(@"^\(?\s*(select|with|values|explain|pragma|insert|update|delete|drop|alter|create|attach|replace|vacuum)\b.*(\bfrom\b|\binto\b|\btable\b|\bset\b|;|=|\d|\*)",
        RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex StartsAsSql();

    [GeneratedRegex(@"[a-z]+")]
    private static partial Regex FirstWord();

    [GeneratedRegex(@"\b(drop\s+table|delete\s+from|insert\s+into|update\s+\w+\s+set|alter\s+table|create\s+table|pragma|attach\s+database)\b")]
    private static partial Regex SqlWrite();
}
