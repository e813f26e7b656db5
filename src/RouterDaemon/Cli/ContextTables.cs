using System.Globalization;
using System.Text.Json.Nodes;

namespace RouterDaemon.Cli;

/// <summary>Shows a context tool's result: lists of objects as tables, the rest as lines.</summary>
internal static class ContextTables
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    public static void Write(CliHost host, JsonObject result)
    {
        foreach (var (name, value) in result)
        {
            switch (value)
            {
                case JsonArray { Count: 0 }:
                    host.Out.WriteLine($"{name}: none");
                    break;
                case JsonArray rows when rows.All(r => r is JsonObject):
                    WriteRows(host, name, rows);
                    break;
                case JsonObject group:
                    host.Out.WriteLine($"{name}:");
                    foreach (var (key, inner) in group)
                    {
                        host.Out.WriteLine($"  {key}: {Text(inner)}");
                    }

                    break;
                default:
                    host.Out.WriteLine($"{name}: {Text(value)}");
                    break;
            }
        }
    }

    private static void WriteRows(CliHost host, string name, JsonArray rows)
    {
        var objects = rows.Select(r => (JsonObject)r!).ToList();
        var columns = objects.SelectMany(o => o.Select(p => p.Key)).Distinct(StringComparer.Ordinal).ToList();
        var table = new CliTable([.. columns]);
        foreach (var row in objects)
        {
            table.Add([.. columns.Select(c => Text(row[c]))]);
        }

        table.Write(host);
        if (objects.Count > 2 && columns.Contains("period") && columns.Find(c => c is "latency_p95_ms" or "request_count") is { } figure)
        {
            host.Out.WriteLine($"{name}, {figure}: {Sparkline(objects.Select(o => double.TryParse(o[figure]?.ToString(), CultureInfo.InvariantCulture, out var number) ? number : 0))}");
        }
    }

    private static string Sparkline(IEnumerable<double> values)
    {
        var list = values.ToList();
        var (min, max) = (list.Min(), list.Max());
        var span = max > min ? max - min : 1;
        return string.Concat(list.Select(v => Blocks[(int)((v - min) / span * (Blocks.Length - 1))]));
    }

    private static string Text(JsonNode? node) => node switch
    {
        null => "",
        JsonValue value => value.ToString(),
        _ => node.ToJsonString(CompactJson.Options),
    };
}
