namespace RouterDaemon.Store.Context.Sql;

/// <summary>
/// The first of two walls: one SELECT (or WITH … SELECT), no word that writes or configures, only known tables. The second wall is
/// SQLite itself (<see cref="SqlRunner"/>), which decides by what the statement does and not by how it is written.
/// </summary>
public static class SqlGuard
{
    /// <summary>Characters of a statement.</summary>
    public const int MaxLength = 16_384;

    /// <summary>The LIMIT that a statement without one gets.</summary>
    public const int DefaultLimit = 100;

    /// <summary>Tables that can be read.</summary>
    public static readonly IReadOnlyList<string> Tables = ["deployments", "requests", "users", "incidents", "quality_scores"];

    private static readonly HashSet<string> Forbidden =
    [
        "INSERT", "UPDATE", "DELETE", "ALTER", "DROP", "PRAGMA", "CREATE", "TRUNCATE", "ATTACH", "DETACH", "VACUUM", "REINDEX", "ANALYZE",
        "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "EXPLAIN", "UPSERT", "MERGE", "GRANT", "REVOKE", "LOAD_EXTENSION",
    ];

    /// <summary>
    /// Checks a statement and answers it without a trailing semicolon, with a LIMIT, and with the tables it names.
    /// Throws <see cref="ContextException"/> (<c>INVALID_PARAMETER</c>) saying what is wrong.
    /// </summary>
    public static CheckedSql Check(string sql)
    {
        if (sql.Length > MaxLength)
        {
            throw Invalid($"longer than {MaxLength} characters");
        }

        var tokens = SqlTokenizer.Split(sql);
        while (tokens.Count > 0 && tokens[^1].IsSymbol(';'))
        {
            tokens.RemoveAt(tokens.Count - 1);
        }

        if (tokens.Count == 0)
        {
            throw Invalid("empty");
        }

        if (tokens.Any(t => t.IsSymbol(';')))
        {
            throw Invalid("only one statement is allowed");
        }

        CheckWords(tokens);
        var defined = Defined(tokens);
        var tables = ReadTables(tokens, defined);
        var text = sql[..tokens[^1].End];
        return new CheckedSql(HasLimit(tokens) ? text : $"{text} LIMIT {DefaultLimit}", tables, !HasLimit(tokens), defined);
    }

    private static void CheckWords(List<SqlToken> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (token.Kind != SqlTokenKind.Word)
            {
                continue;
            }

            // REPLACE is also a harmless function, and a column may be called like a keyword behind a dot.
            var isFunction = i + 1 < tokens.Count && tokens[i + 1].IsSymbol('(');
            var forbidden = Forbidden.Contains(token.Value) || (token.Value == "REPLACE" && !isFunction);
            if (forbidden && !(i > 0 && tokens[i - 1].IsSymbol('.')))
            {
                throw Invalid($"{token.Value} is not allowed, only SELECT");
            }
        }

        if (!tokens[0].IsWord("SELECT") && !tokens[0].IsWord("WITH"))
        {
            throw Invalid("only SELECT is allowed");
        }
    }

    // A name behind FROM or JOIN, or behind a comma of the same list, is a table: a known one or one that WITH defines.
    private static string[] ReadTables(List<SqlToken> tokens, HashSet<string> defined)
    {
        var tables = new SortedSet<string>(StringComparer.Ordinal);
        var inList = new Stack<bool>();
        inList.Push(false);
        var expected = false;
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (token.IsSymbol('('))
            {
                // A parenthesis where a table is expected holds a sub-select or a list of tables.
                inList.Push(expected);
            }
            else if (token.IsSymbol(')'))
            {
                if (inList.Count > 1)
                {
                    inList.Pop();
                }

                expected = false;
            }
            else if (token.IsWord("FROM") || token.IsWord("JOIN"))
            {
                SetTop(inList, true);
                expected = !IsDistinctFrom(tokens, i);
            }
            else if (token.IsSymbol(','))
            {
                expected = inList.Peek();
            }
            else if (token.Kind == SqlTokenKind.Word && EndsTableList(token.Value))
            {
                SetTop(inList, false);
                expected = false;
            }
            else if (expected && token.Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName or SqlTokenKind.Text)
            {
                expected = false;
                AddTable(tokens, ref i, defined, tables);
            }
            else if (token.IsWord("ON") || token.IsWord("USING"))
            {
                expected = false;
            }
        }

        return [.. tables];
    }

    private static void AddTable(List<SqlToken> tokens, ref int i, HashSet<string> defined, SortedSet<string> tables)
    {
        var name = tokens[i].Value.ToLowerInvariant();
        if (i + 2 < tokens.Count && tokens[i + 1].IsSymbol('.'))
        {
            if (name != "main")
            {
                throw Invalid($"unknown schema {Shorten(name)}");
            }

            i += 2;
            name = tokens[i].Value.ToLowerInvariant();
        }

        if (Tables.Contains(name))
        {
            tables.Add(name);
        }
        else if (!defined.Contains(name))
        {
            throw Invalid($"unknown table {Shorten(name)} (known: {string.Join(", ", Tables)})");
        }
    }

    // Names before AS ( or before (columns) AS (: the tables that WITH defines.
    private static HashSet<string> Defined(List<SqlToken> tokens)
    {
        var defined = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (!tokens.Any(t => t.IsWord("WITH")))
        {
            return defined;
        }

        for (var i = 1; i + 1 < tokens.Count; i++)
        {
            if (!tokens[i].IsWord("AS") || !(tokens[i + 1].IsSymbol('(') || tokens[i + 1].IsWord("MATERIALIZED") || tokens[i + 1].IsWord("NOT")))
            {
                continue;
            }

            var name = i - 1;
            if (tokens[name].IsSymbol(')'))
            {
                while (name > 0 && !tokens[name].IsSymbol('('))
                {
                    name--;
                }

                name--;
            }

            if (name >= 0)
            {
                defined.Add(tokens[name].Value.ToLowerInvariant());
            }
        }

        return defined;
    }

    private static bool HasLimit(List<SqlToken> tokens)
    {
        var depth = 0;
        foreach (var token in tokens)
        {
            depth += token.IsSymbol('(') ? 1 : token.IsSymbol(')') ? -1 : 0;
            if (depth == 0 && token.IsWord("LIMIT"))
            {
                return true;
            }
        }

        return false;
    }

    private static bool EndsTableList(string word) =>
        word is "WHERE" or "GROUP" or "ORDER" or "HAVING" or "LIMIT" or "WINDOW" or "UNION" or "EXCEPT" or "INTERSECT" or "SELECT";

    // "a IS NOT DISTINCT FROM b" compares; no table follows.
    private static bool IsDistinctFrom(List<SqlToken> tokens, int i) => tokens[i].IsWord("FROM") && i > 0 && tokens[i - 1].IsWord("DISTINCT");

    private static void SetTop(Stack<bool> stack, bool value)
    {
        stack.Pop();
        stack.Push(value);
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static ContextException Invalid(string message) => ContextException.Invalid($"Invalid sql: {message}");
}
