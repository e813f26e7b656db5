using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace RouterDaemon.Store.Records;

/// <summary>
/// One INSERT, prepared once and bound by position. ADO.NET looks every parameter up by its name for every row, which costs more than
/// the row does. Values are bound in the order of the columns.
/// </summary>
internal sealed class InsertStatement : IDisposable
{
    private const int MaxStackBytes = 512;

    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    /// <summary>Prepares an insert that leaves an existing <c>id</c> alone.</summary>
    public InsertStatement(SqliteConnection connection, string table, string[] columns)
    {
        _db = connection.Handle!;
        var marks = string.Join(", ", Enumerable.Repeat("?", columns.Length));
        Check(raw.sqlite3_prepare_v2(_db, $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING", out _statement));
    }

    /// <summary>Begins a row.</summary>
    public InsertStatement Row()
    {
        _bound = 0;
        return this;
    }

    /// <summary>Binds a text; null = NULL.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            Null();
            return;
        }

        Span<byte> room = stackalloc byte[MaxStackBytes];
        var utf8 = Encoding.UTF8.TryGetBytes(value, room, out var length) ? room[..length] : Encoding.UTF8.GetBytes(value);
        Check(raw.sqlite3_bind_text(_statement, ++_bound, utf8));
    }

    /// <summary>Binds an integer.</summary>
    public void Integer(long value) => Check(raw.sqlite3_bind_int64(_statement, ++_bound, value));

    /// <summary>Binds a number; NULL when it is none.</summary>
    public void Real(double value)
    {
        if (double.IsFinite(value))
        {
            Check(raw.sqlite3_bind_double(_statement, ++_bound, value));
        }
        else
        {
            Null();
        }
    }

    /// <summary>Binds bytes; null = NULL.</summary>
    public void Blob(byte[]? value)
    {
        if (value is null)
        {
            Null();
        }
        else
        {
            Check(raw.sqlite3_bind_blob(_statement, ++_bound, value));
        }
    }

    /// <summary>Binds NULL.</summary>
    public void Null() => Check(raw.sqlite3_bind_null(_statement, ++_bound));

    /// <summary>Inserts the row that was bound. False: a constraint refused it, or its id existed.</summary>
    /// <exception cref="SqliteException">Anything else: disk full, I/O.</exception>
    public bool Run()
    {
        var result = raw.sqlite3_step(_statement);
        _ = raw.sqlite3_reset(_statement);
        if ((result & 0xFF) == raw.SQLITE_CONSTRAINT)
        {
            return false;
        }

        if (result != raw.SQLITE_DONE)
        {
            Check(result);
        }

        return raw.sqlite3_changes(_db) > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw new SqliteException(raw.sqlite3_errmsg(_db).utf8_to_string(), result & 0xFF, result);
        }
    }
}
