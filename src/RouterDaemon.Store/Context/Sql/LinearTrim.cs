using System.Buffers;
using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context.Sql;

/// <summary>
/// <c>trim</c>, <c>ltrim</c> and <c>rtrim</c> with a set of characters: SQLite's own compare each character with each of the set, half a minute for
/// two texts of 64 KiB, and cannot be interrupted.
/// </summary>
internal static class LinearTrim
{
    public static void Replace(SqliteConnection connection)
    {
        connection.CreateFunction<string?, string?, string?>("trim", (text, set) => Trim(text, set, start: true, end: true), isDeterministic: true);
        connection.CreateFunction<string?, string?, string?>("ltrim", (text, set) => Trim(text, set, start: true, end: false), isDeterministic: true);
        connection.CreateFunction<string?, string?, string?>("rtrim", (text, set) => Trim(text, set, start: false, end: true), isDeterministic: true);
    }

    private static string? Trim(string? text, string? set, bool start, bool end)
    {
        if (text is null || set is null)
        {
            return null;
        }

        var values = SearchValues.Create(set);
        var from = start ? text.AsSpan().IndexOfAnyExcept(values) : 0;
        var last = end ? text.AsSpan().LastIndexOfAnyExcept(values) : text.Length - 1;
        return from < 0 || last < from ? "" : text[from..(last + 1)];
    }
}
