using System.Globalization;
using System.Text;
using RouterDaemon.Bench.Load;

namespace RouterDaemon.Cli;

/// <summary>The percentiles of one measurement as bars, in an SVG that needs nothing else.</summary>
internal static class BenchPicture
{
    private const int RowHeight = 22;
    private const int LabelWidth = 190;
    private const int BarWidth = 420;

    /// <summary>The picture.</summary>
    public static string Draw(LoadResult result)
    {
        var rows = new List<KeyValuePair<string, double>>();
        Add(rows, "latency", result.Latency);
        if (result.Stream)
        {
            Add(rows, "first token", result.Ttft);
            Add(rows, "between tokens", result.Itl);
        }

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{LabelWidth + BarWidth + 110}\" height=\"{(rows.Count * RowHeight) + 50}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/><text x=\"8\" y=\"20\" font-size=\"14\">{result.Requests} answers, {result.RequestsPerSecond:F1} a second, {result.Errors} errors; milliseconds</text>\n");
        var longest = Math.Max(1e-9, rows.Count > 0 ? rows.Max(r => r.Value) : 0);
        for (var i = 0; i < rows.Count; i++)
        {
            var y = 36 + (i * RowHeight);
            // A square root keeps the median of a long tail visible.
            var width = Math.Sqrt(rows[i].Value / longest) * BarWidth;
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"8\" y=\"{y + 13}\">{rows[i].Key}</text><rect x=\"{LabelWidth}\" y=\"{y}\" width=\"{width:F1}\" height=\"16\" fill=\"#2b5fa4\"/><text x=\"{LabelWidth + width + 6:F1}\" y=\"{y + 13}\">{rows[i].Value:F2}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Add(List<KeyValuePair<string, double>> rows, string name, Quantiles q)
    {
        rows.Add(new($"{name} p50", q.P50 / 1000));
        rows.Add(new($"{name} p90", q.P90 / 1000));
        rows.Add(new($"{name} p99", q.P99 / 1000));
        rows.Add(new($"{name} p99.9", q.P999 / 1000));
    }
}
