using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>Runs a SELECT behind all walls.</summary>
internal static class RunSql
{
    public static readonly ContextTool Tool = new(
        "run_sql",
        "Runs one read-only SELECT over deployments, requests, users, incidents and quality_scores and answers the rows (1000 at most, 5 s).",
        [
            new("sql", "string", "One SELECT statement; ? are parameters") { Required = true },
            new("params", "array", "Values of the parameters in order"),
        ],
        async (reader, arguments, cancellation) =>
        {
            var sql = arguments.Text("sql") ?? throw new ContextException(ContextErrorCode.InvalidParameter, "sql is required");
            var parameters = arguments.Array("params").Select(ToValue).ToList();
            var result = await reader.RunSqlAsync(sql, parameters, cancellation).ConfigureAwait(false);
            return new JsonObject
            {
                ["rows"] = Rows.ToArray(result.Rows.Select(row => ToObject(result.Columns, row))),
                ["row_count"] = result.Rows.Count,
                ["has_more"] = result.HasMore,
            };
        });

    private static object? ToValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var integer) ? integer : value.GetDouble(),
        JsonValueKind.True => 1L,
        JsonValueKind.False => 0L,
        JsonValueKind.Null => null,
        _ => throw new ContextException(ContextErrorCode.InvalidParameter, "Invalid params: only text, numbers, booleans and null"),
    };

    private static JsonObject ToObject(IReadOnlyList<string> columns, object?[] row)
    {
        var result = new JsonObject();
        for (var i = 0; i < row.Length; i++)
        {
            // Two columns of one name would overwrite each other.
            var name = columns[i];
            for (var copy = 2; result.ContainsKey(name); copy++)
            {
                name = $"{columns[i]}_{copy}";
            }

            result[name] = row[i] switch
            {
                long integer => integer,
                double real => double.IsFinite(real) ? real : null,
                string text => text,
                byte[] blob => Convert.ToHexStringLower(blob),
                _ => null,
            };
        }

        return result;
    }
}
