using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace RouterDaemon.Store.Records;

/// <summary>
/// One INSERT, prepared once and bound by position. ADO.NET looks every parameter up by its name for every row, which costs more than
/// the row does. Values are bound in the order of the columns; one that the last row had is bound still.
/// </summary>
internal sealed class InsertStatement : IDisposable
{
    private const int MaxStackBytes = 512;

    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _statement;
    private readonly Bound[] _values;
    private int _bound;

    /// <summary>Prepares an insert that leaves an existing <c>id</c> alone.</summary>
    public InsertStatement(SqliteConnection connection, string table, string[] columns)
    {
        _db = connection.Handle!;
        _values = new Bound[columns.Length + 1];
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

        ref var last = ref _values[++_bound];
        if (last.Kind == BoundKind.Text && value == last.Text)
        {
            return;
        }

        last = new Bound(BoundKind.Text, 0, value);
        Span<byte> room = stackalloc byte[MaxStackBytes];
        var utf8 = Encoding.UTF8.TryGetBytes(value, room, out var length) ? room[..length] : Encoding.UTF8.GetBytes(value);
        Check(raw.sqlite3_bind_text(_statement, _bound, utf8));
    }

    /// <summary>Binds an integer.</summary>
    public void Integer(long value)
    {
        if (IsNew(BoundKind.Integer, value))
        {
            Check(raw.sqlite3_bind_int64(_statement, _bound, value));
        }
    }

    /// <summary>Binds a number; NULL when it is none.</summary>
    public void Real(double value)
    {
        if (!double.IsFinite(value))
        {
            Null();
        }
        else if (IsNew(BoundKind.Real, BitConverter.DoubleToInt64Bits(value)))
        {
            Check(raw.sqlite3_bind_double(_statement, _bound, value));
        }
    }

    /// <summary>Binds bytes.</summary>
    public void Blob(ReadOnlySpan<byte> value)
    {
        _values[++_bound] = new Bound(BoundKind.Bytes, 0, null);
        Check(raw.sqlite3_bind_blob(_statement, _bound, value));
    }

    /// <summary>Binds a text that is UTF-8 already.</summary>
    public void Text(ReadOnlySpan<byte> utf8)
    {
        _values[++_bound] = new Bound(BoundKind.Bytes, 0, null);
        Check(raw.sqlite3_bind_text(_statement, _bound, utf8));
    }

    /// <summary>Binds NULL.</summary>
    public void Null()
    {
        if (IsNew(BoundKind.Null, 0))
        {
            Check(raw.sqlite3_bind_null(_statement, _bound));
        }
    }

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

    /// <summary>Notes the next value; false = it is what the last row had.</summary>
    private bool IsNew(BoundKind kind, long bits)
    {
        ref var last = ref _values[++_bound];
        if (last.Kind == kind && last.Bits == bits)
        {
            return false;
        }

        last = new Bound(kind, bits, null);
        return true;
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw new SqliteException(raw.sqlite3_errmsg(_db).utf8_to_string(), result & 0xFF, result);
        }
    }

    private enum BoundKind : byte
    {
        Nothing,
        Null,
        Integer,
        Real,
        Text,
        Bytes,
    }

    private readonly record struct Bound(BoundKind Kind, long Bits, string? Text);
}
