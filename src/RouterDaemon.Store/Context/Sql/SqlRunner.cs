using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace RouterDaemon.Store.Context.Sql;

/// <summary>
/// Runs a checked statement behind SQLite's own walls: a read-only connection of its own, an authorizer that lets nothing but SELECT
/// and reads of the known tables compile, limits on text, columns and depth, and a progress handler that ends it in time.
/// </summary>
public static class SqlRunner
{
    private const int ProgressSteps = 1_000;
    private const int Interrupted = 9;
    private const int AuthorizationDenied = 23;

    // One function call is one step, which no limit can end: values must be so short that the slowest (instr, replace: product of the
    // lengths) takes a tenth of a second.
    private const int MaxValueBytes = 1 << 16;

    // Codes of sqlite3.h, "Authorizer Action Codes".
    private const int ActionRead = 20;
    private const int ActionSelect = 21;
    private const int ActionFunction = 31;
    private const int ActionRecursive = 33;

    private static readonly HashSet<string> DeniedFunctions = new(StringComparer.OrdinalIgnoreCase)
    {
        "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "randomblob", "zeroblob", "sqlite_compileoption_get",
    };

    /// <summary>
    /// Runs on the file <paramref name="path"/>; parameters are bound by position. Throws <see cref="ContextException"/>: a statement that
    /// is not allowed is <c>INVALID_PARAMETER</c>, everything SQLite refuses or that runs out of time <c>DATABASE_ERROR</c>.
    /// </summary>
    public static SqlResult Run(string path, string sql, IReadOnlyList<object?> parameters, SqlLimits limits, CancellationToken cancellation = default)
    {
        var statement = SqlGuard.Check(sql);
        try
        {
            using var connection = SqliteFile.OpenReader(path);
            var db = connection.Handle!;
            Restrict(db);
            LinearTrim.Replace(connection);
            var clock = Stopwatch.StartNew();
            strdelegate_authorizer authorizer = (_, action, first, second, _, _) =>
                action == ActionRead && second == "" && IsDefined(statement, first) ? raw.SQLITE_OK : Authorize(action, first, second);
            var steps = 0L;
            delegate_progress progress = _ =>
            {
                Thread.Yield(); // as the readers of ReaderPool do
                return (steps += ProgressSteps) > limits.MaxSteps || clock.Elapsed > limits.Timeout || cancellation.IsCancellationRequested ? 1 : 0;
            };
            raw.sqlite3_set_authorizer(db, authorizer, null);
            raw.sqlite3_progress_handler(db, ProgressSteps, progress, null);
            try
            {
                return Read(connection, statement.Sql, parameters, limits);
            }
            finally
            {
                raw.sqlite3_progress_handler(db, 0, (delegate_progress)null!, null);
                raw.sqlite3_set_authorizer(db, (strdelegate_authorizer)null!, null);
                GC.KeepAlive(authorizer);
                GC.KeepAlive(progress);
            }
        }
        catch (SqliteException e) when (e.SqliteErrorCode == Interrupted)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new ContextException(ContextErrorCode.DatabaseError, $"Database error: the query ran longer than {limits.Timeout.TotalSeconds:0.###} s or {limits.MaxSteps} steps", e);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == AuthorizationDenied)
        {
            throw new ContextException(ContextErrorCode.InvalidParameter, $"Invalid sql: {e.Message}", e);
        }
        catch (Exception e) when (e is SqliteException or StoreException)
        {
            throw new ContextException(ContextErrorCode.DatabaseError, $"Database error: {e.Message}", e);
        }
    }

    private static void Restrict(sqlite3 db)
    {
        raw.sqlite3_limit(db, raw.SQLITE_LIMIT_LENGTH, MaxValueBytes);
        raw.sqlite3_limit(db, raw.SQLITE_LIMIT_SQL_LENGTH, SqlGuard.MaxLength * 4);
        raw.sqlite3_limit(db, raw.SQLITE_LIMIT_COLUMN, 100);
        raw.sqlite3_limit(db, raw.SQLITE_LIMIT_EXPR_DEPTH, 100);
        raw.sqlite3_limit(db, raw.SQLITE_LIMIT_COMPOUND_SELECT, 20);
        raw.sqlite3_limit(db, raw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100);
        raw.sqlite3_limit(db, raw.SQLITE_LIMIT_ATTACHED, 0);
        raw.sqlite3_limit(db, raw.SQLITE_LIMIT_VARIABLE_NUMBER, 100);
        raw.sqlite3_limit(db, raw.SQLITE_LIMIT_WORKER_THREADS, 0);
    }

    // count(*) of what WITH defines reads its name and no column. The daemon's own tables stay shut whatever a statement defines.
    private static bool IsDefined(CheckedSql statement, string? name) =>
        name is not null && statement.Defined.Contains(name)
        && !name.StartsWith("r_", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("sqlite_", StringComparison.OrdinalIgnoreCase);

    private static int Authorize(int action, string? first, string? second) => action switch
    {
        ActionSelect or ActionRecursive => raw.SQLITE_OK,
        ActionRead when first is not null && SqlGuard.Tables.Contains(first, StringComparer.OrdinalIgnoreCase) => raw.SQLITE_OK,
        ActionFunction when second is not null && !DeniedFunctions.Contains(second) => raw.SQLITE_OK,
        _ => raw.SQLITE_DENY,
    };

    private static SqlResult Read(SqliteConnection connection, string sql, IReadOnlyList<object?> parameters, SqlLimits limits)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Positional(sql, parameters, command);
        using var reader = command.ExecuteReader();
        var columns = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToList();
        var rows = new List<object?[]>();
        long characters = 0;
        while (reader.Read())
        {
            if (rows.Count == limits.MaxRows)
            {
                return new SqlResult(columns, rows, HasMore: true);
            }

            var row = new object?[columns.Count];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = reader.GetValue(i) is var value and not DBNull ? value : null;
                characters += (row[i] as string)?.Length ?? (row[i] as byte[])?.Length ?? 8;
            }

            if (characters > limits.MaxCharacters)
            {
                return new SqlResult(columns, rows, HasMore: true);
            }

            rows.Add(row);
        }

        return new SqlResult(columns, rows, HasMore: false);
    }

    // The binding library knows parameters by name only: each ? becomes $pN.
    private static string Positional(string sql, IReadOnlyList<object?> parameters, SqliteCommand command)
    {
        var text = new System.Text.StringBuilder();
        var (at, next) = (0, 0);
        foreach (var token in SqlTokenizer.Split(sql))
        {
            if (token.Kind != SqlTokenKind.Parameter)
            {
                continue;
            }

            var number = token.Value == "?" ? next++
                : int.TryParse(token.Value.AsSpan(1), out var given) && token.Value[0] == '?' ? given - 1
                : throw ContextException.Invalid($"Invalid sql: parameter {token.Value} has a name, use ? and params in order");
            if (number < 0 || number >= parameters.Count)
            {
                throw ContextException.Invalid($"Invalid params: {parameters.Count} given, the statement has more");
            }

            text.Append(sql, at, token.Start - at).Append("$p").Append(number);
            at = token.End;
        }

        for (var i = 0; i < parameters.Count; i++)
        {
            command.Parameters.AddWithValue($"$p{i}", parameters[i] ?? DBNull.Value);
        }

        return text.Append(sql, at, sql.Length - at).ToString();
    }
}
