using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Loop;

/// <summary>The rows that the tools of one question answered, and which of them an answer rests on: those whose names it says.</summary>
internal sealed class Evidence
{
    /// <summary>Rows cited at most.</summary>
    public const int MostRows = 20;

    // What a row is about; the first of these that it has must stand in the answer.
    private static readonly string[] Names = ["id", "deployment_id", "model_id", "group", "user_id"];

    private readonly List<(int Call, string Tool, JsonObject Row)> _rows = [];
    private int _calls;

    /// <summary>Takes the rows of a result.</summary>
    public void Add(string tool, JsonObject result)
    {
        _calls++;
        foreach (var (_, value) in result)
        {
            if (value is JsonObject one)
            {
                _rows.Add((_calls, tool, one));
            }
            else if (value is JsonArray many)
            {
                foreach (var row in many)
                {
                    if (row is JsonObject each)
                    {
                        _rows.Add((_calls, tool, each));
                    }
                }
            }
        }
    }

    /// <summary>The rows that <paramref name="answer"/> names, each as <c>{call, tool, row}</c>; calls are counted from 1.</summary>
    public JsonArray CitedBy(string answer)
    {
        var cited = new JsonArray();
        foreach (var (call, tool, row) in _rows)
        {
            if (cited.Count == MostRows)
            {
                break;
            }

            if (IsNamed(row, answer))
            {
                cited.Add((JsonNode)new JsonObject { ["call"] = call, ["tool"] = tool, ["row"] = row.DeepClone() });
            }
        }

        return cited;
    }

    private static bool IsNamed(JsonObject row, string answer)
    {
        foreach (var name in Names)
        {
            if (row[name] is JsonValue value && value.TryGetValue(out string? id))
            {
                return Says(answer, id);
            }
        }

        // Rows of free SQL have whatever columns were asked for.
        return row.Any(p => p.Value is JsonValue value && value.TryGetValue(out string? text) && text.Length > 2 && Says(answer, text));
    }

    // As a whole word: "gpt-4" is not named by an answer about "gpt-4o".
    private static bool Says(string answer, string id)
    {
        for (var at = answer.IndexOf(id, StringComparison.OrdinalIgnoreCase); at >= 0; at = answer.IndexOf(id, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = at + id.Length;
            if ((at == 0 || !char.IsLetterOrDigit(answer[at - 1])) && (end == answer.Length || !char.IsLetterOrDigit(answer[end])))
            {
                return true;
            }
        }

        return false;
    }
}
