using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context;

/// <summary>Conditions that are joined by AND; the values are always bound, never spliced.</summary>
public sealed class Filter
{
    private readonly List<string> _conditions = [];
    private readonly List<(string Name, object Value)> _values = [];

    /// <summary>Adds <c>column operator value</c> unless the value is null.</summary>
    public Filter And(string column, string comparison, object? value)
    {
        if (value is not null)
        {
            var name = $"$f{_values.Count}";
            _conditions.Add($"{column} {comparison} {name}");
            _values.Add((name, value));
        }

        return this;
    }

    /// <summary><c>WHERE …</c>, or nothing.</summary>
    public string Where => _conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", _conditions);

    /// <summary>All rows of a query that holds <see cref="Where"/>.</summary>
    public List<T> Query<T>(SqliteConnection connection, string sql, Func<SqliteDataReader, T> read)
    {
        using var command = Command(connection, sql);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>Rows of a query that holds <see cref="Where"/>, until <paramref name="read"/> answers false.</summary>
    public void QueryWhile(SqliteConnection connection, string sql, Func<SqliteDataReader, bool> read)
    {
        using var command = Command(connection, sql);
        using var reader = command.ExecuteReader();
        while (reader.Read() && read(reader))
        {
            // The caller keeps what it wants.
        }
    }

    /// <summary>True when more than <paramref name="limit"/> rows match; stops counting there.</summary>
    public bool MatchesMoreThan(SqliteConnection connection, string table, int limit) => CountUpTo(connection, table, limit + 1) > limit;

    /// <summary>Rows that match, counted up to <paramref name="limit"/>.</summary>
    public long CountUpTo(SqliteConnection connection, string table, long limit) =>
        Query(connection, $"SELECT count(*) FROM (SELECT 1 FROM {table} {Where} LIMIT {limit})", r => r.GetInt64(0))[0];

    private SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in _values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
