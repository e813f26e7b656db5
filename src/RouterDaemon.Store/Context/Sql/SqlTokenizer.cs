namespace RouterDaemon.Store.Context.Sql;

/// <summary>
/// Splits SQL as SQLite does (sqlite.org/lang_expr, "lang_comment", "lang_keywords"): so that a keyword inside a text, a quoted name or a
/// comment is not taken for one, and none is hidden by them.
/// </summary>
internal static class SqlTokenizer
{
    /// <summary>Throws <see cref="ContextException"/> for an unfinished text, name or comment and for characters SQL does not have.</summary>
    public static List<SqlToken> Split(string sql)
    {
        var tokens = new List<SqlToken>();
        var at = 0;
        while (at < sql.Length)
        {
            var c = sql[at];
            if (c is ' ' or '\t' or '\n' or '\r' or '\f')
            {
                at++;
            }
            else if (c == '-' && Next(sql, at) == '-')
            {
                var end = sql.IndexOf('\n', at);
                at = end < 0 ? sql.Length : end + 1;
            }
            else if (c == '/' && Next(sql, at) == '*')
            {
                var end = sql.IndexOf("*/", at + 2, StringComparison.Ordinal);
                at = end < 0 ? throw Invalid("the comment does not end") : end + 2;
            }
            else
            {
                var token = One(sql, at);
                tokens.Add(token);
                at = token.End;
            }
        }

        return tokens;
    }

    private static SqlToken One(string sql, int at)
    {
        var c = sql[at];
        if (c is '\'' or '"' or '`')
        {
            return Quoted(sql, at, c, c == '\'' ? SqlTokenKind.Text : SqlTokenKind.QuotedName);
        }

        if (c == '[')
        {
            var end = sql.IndexOf(']', at);
            return end < 0 ? throw Invalid("the name in [ does not end") : new SqlToken(SqlTokenKind.QuotedName, sql[(at + 1)..end], at, end + 1);
        }

        if (char.IsAsciiLetter(c) || c == '_' || c > 127)
        {
            var end = While(sql, at, IsNamePart);
            return new SqlToken(SqlTokenKind.Word, sql[at..end].ToUpperInvariant(), at, end);
        }

        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Next(sql, at))))
        {
            var end = While(sql, at, x => IsNamePart(x) || x == '.');
            return new SqlToken(SqlTokenKind.Number, sql[at..end], at, end);
        }

        if (c == '?' || (c is ':' or '@' or '$' && IsNamePart(Next(sql, at))))
        {
            var end = While(sql, at + 1, IsNamePart);
            return new SqlToken(SqlTokenKind.Parameter, sql[at..end], at, end);
        }

        return "()+-*/%<>=!,.;|&~".Contains(c)
            ? new SqlToken(SqlTokenKind.Symbol, c.ToString(), at, at + 1)
            : throw Invalid($"unexpected character U+{(int)c:X4} at position {at}");
    }

    private static SqlToken Quoted(string sql, int at, char quote, SqlTokenKind kind)
    {
        var content = new System.Text.StringBuilder();
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (sql[i] != quote)
            {
                content.Append(sql[i]);
            }
            else if (Next(sql, i) == quote)
            {
                content.Append(quote);
                i++;
            }
            else
            {
                return new SqlToken(kind, content.ToString(), at, i + 1);
            }
        }

        throw Invalid("the quoted text does not end");
    }

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' || c > 127;

    private static int While(string sql, int at, Func<char, bool> matches)
    {
        while (at < sql.Length && matches(sql[at]))
        {
            at++;
        }

        return at;
    }

    private static char Next(string sql, int at) => at + 1 < sql.Length ? sql[at + 1] : '\0';

    private static ContextException Invalid(string message) => ContextException.Invalid($"Invalid sql: {message}");
}
