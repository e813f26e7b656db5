using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context.Sql;

/// <summary>Ids of the store that a question may mention.</summary>
public sealed record KnownNames(IReadOnlyList<string> Models, IReadOnlyList<string> Backends, IReadOnlyList<string> Deployments, IReadOnlyList<string> TaskTypes)
{
    /// <summary>Reads them; tasks are the usual ones.</summary>
    public static KnownNames Read(SqliteConnection connection) => new(
        connection.Query("SELECT DISTINCT model_id FROM deployments ORDER BY length(model_id) DESC", r => r.GetString(0)),
        connection.Query("SELECT DISTINCT backend_id FROM deployments ORDER BY length(backend_id) DESC", r => r.GetString(0)),
        connection.Query("SELECT id FROM deployments ORDER BY length(id) DESC", r => r.GetString(0)),
        ["summarization", "coding", "chat", "reasoning"]);

    /// <summary>The first id of the list that stands in the text (lower case) as a word of its own.</summary>
    public static string? Find(IReadOnlyList<string> ids, string text) => ids.FirstOrDefault(id => Contains(text, id.ToLowerInvariant()));

    private static bool Contains(string text, string id)
    {
        for (var at = text.IndexOf(id, StringComparison.Ordinal); at >= 0; at = text.IndexOf(id, at + 1, StringComparison.Ordinal))
        {
            var end = at + id.Length;
            if ((at == 0 || !IsPart(text[at - 1])) && (end == text.Length || !IsPart(text[end])))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '-';
}
