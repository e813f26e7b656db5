using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;

namespace RouterDaemon.Agents.Tools;

/// <summary>Rows as JSON objects.</summary>
internal static class Rows
{
    /// <summary>Money and rates lose their floating-point dust.</summary>
    public const int Decimals = 6;

    /// <summary>All columns by name; SQL NULL becomes null.</summary>
    public static JsonObject ToObject(SqliteDataReader row)
    {
        var result = new JsonObject();
        for (var i = 0; i < row.FieldCount; i++)
        {
            result[row.GetName(i)] = ToNode(row, i);
        }

        return result;
    }

    public static JsonNode? ToNode(SqliteDataReader row, int column) => row.GetValue(column) switch
    {
        long integer => integer,
        double real => double.IsFinite(real) ? Math.Round(real, Decimals) : null,
        string text => text,
        byte[] blob => Convert.ToHexStringLower(blob),
        _ => null,
    };

    public static JsonArray ToArray(IEnumerable<JsonObject> rows) => new([.. rows]);
}
