using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace RouterDaemon.Store.Context;

/// <summary>Texts of columns with few different values, each made into a string once: a hundred thousand rows name the same eight deployments.</summary>
internal sealed class TextPool
{
    private const int Slots = 256; // a power of two
    private readonly (byte[] Utf8, string Text)[] _slots = new (byte[], string)[Slots];

    /// <summary>The text of a column; "" for NULL.</summary>
    public string Read(SqliteDataReader row, int column)
    {
        // The bytes of a TEXT value as they are stored, without a copy.
        var utf8 = raw.sqlite3_column_blob(row.Handle, column);
        var hash = default(HashCode);
        hash.AddBytes(utf8);
        ref var slot = ref _slots[hash.ToHashCode() & (Slots - 1)];
        if (slot.Text is null || !utf8.SequenceEqual(slot.Utf8))
        {
            slot = (utf8.ToArray(), Encoding.UTF8.GetString(utf8));
        }

        return slot.Text;
    }
}
