using System.Globalization;
using System.Text.Json;

namespace RouterDaemon.Cli;

/// <summary><c>candidates</c> and <c>masked</c> of an explained decision as tables.</summary>
internal static class DecisionTables
{
    public static void Write(CliHost host, JsonElement root)
    {
        var candidates = Items(root, "candidates").ToList();
        if (candidates.Count > 0)
        {
            // The columns are those of the answer: a term that the daemon learns to weigh appears here by itself.
            var columns = candidates.SelectMany(Flatten).Select(c => c.Name).Distinct().ToList();
            var table = new CliTable([.. columns]);
            for (var i = 0; i < candidates.Count; i++)
            {
                var values = Flatten(candidates[i]).ToDictionary(c => c.Name, c => c.Value, StringComparer.Ordinal);
                var row = i;
                table.Add([.. columns.Select(c => (values.GetValueOrDefault(c, ""), row == 0 ? Tone.Good : Tone.Plain))]);
            }

            table.Write(host);
        }

        var masked = Items(root, "masked").ToList();
        if (masked.Count > 0)
        {
            var table = new CliTable("masked", "reasons", "ttft_ms", "itl_ms", "cost_usd", "total (USD)");
            foreach (var item in masked)
            {
                var total = item.TryGetProperty("terms_usd", out var terms) && terms.TryGetProperty("total", out var sum) ? Value(sum) : "";
                table.Add(
                    (Text(item, "deployment"), Tone.Dim), (string.Join(", ", Items(item, "reasons").Select(r => r.ToString())), Tone.Warning),
                    (Number(item, "ttft_ms"), Tone.Dim), (Number(item, "itl_ms"), Tone.Dim), (Number(item, "cost_usd"), Tone.Dim), (total, Tone.Dim));
            }

            table.Write(host);
        }
    }

    private static IEnumerable<JsonElement> Items(JsonElement of, string name) =>
        of.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    public static string Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value.ToString() : "none";

    public static string Number(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? Value(value) : "";

    private static IEnumerable<(string Name, string Value)> Flatten(JsonElement candidate) => candidate.EnumerateObject().SelectMany(p =>
        p.Value.ValueKind == JsonValueKind.Object
            ? p.Value.EnumerateObject().Select(t => ($"{t.Name} ({Unit(p.Name)})", Value(t.Value)))
            : [(p.Name, Value(p.Value))]);

    private static string Unit(string name) => name.StartsWith("terms_", StringComparison.Ordinal) ? name["terms_".Length..].ToUpperInvariant() : name;

    private static string Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble().ToString("0.######", CultureInfo.InvariantCulture),
        JsonValueKind.Null => "",
        _ => value.ToString(),
    };
}
