using System.Text.Json;
using RouterDaemon.Engine.Vectors;
using static RouterDaemon.Backends.OnDevice.JsonFields;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>What a body of <c>/v1/rerank</c> asks for, and its answer, in the shape of Jina's API that llama-server has too.</summary>
internal sealed record RerankPlan(string Query, IReadOnlyList<string> Documents, int Top, bool ReturnDocuments)
{
    /// <exception cref="UpstreamException">Carries the 400 that names the field.</exception>
    public static RerankPlan Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var query = Text(root, "query") ?? throw Bad("query", "is missing");
        if (!TryGet(root, "documents", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
        {
            throw Bad("documents", "must be an array of texts with at least one");
        }

        var documents = new List<string>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            var text = item.ValueKind == JsonValueKind.Object && item.TryGetProperty("text", out var inner) ? inner : item;
            documents.Add(text.ValueKind == JsonValueKind.String ? text.GetString()! : throw Bad("documents", "must be strings, or objects with a text"));
        }

        var top = Int(root, "top_n") ?? documents.Count;
        return top >= 1
            ? new RerankPlan(query, documents, Math.Min(top, documents.Count), Bool(root, "return_documents") ?? false)
            : throw Bad("top_n", "must be at least 1");
    }

    /// <summary>Writes the answer, best document first.</summary>
    public void Write(Utf8JsonWriter json, string model, ScoreResult result)
    {
        var order = new int[result.Scores.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        // Equal scores keep the order of the request.
        Array.Sort(order, (a, b) => result.Scores[a] != result.Scores[b] ? result.Scores[b].CompareTo(result.Scores[a]) : a.CompareTo(b));
        json.WriteStartObject();
        json.WriteString("model", model);
        json.WriteString("object", "list");
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", result.Tokens);
        json.WriteNumber("total_tokens", result.Tokens);
        json.WriteEndObject();
        json.WriteStartArray("results");
        foreach (var index in order.AsSpan(0, Top))
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            if (ReturnDocuments)
            {
                json.WriteStartObject("document");
                json.WriteString("text", Documents[index]);
                json.WriteEndObject();
            }

            json.WriteNumber("relevance_score", result.Scores[index]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
