using System.Globalization;
using System.Text;
using System.Text.Json;
using RouterDaemon.Bench.Load;

namespace RouterDaemon.Bench.Report;

/// <summary>Several targets measured in one run: for each scenario and figure the median over the rounds, and the ratio to a baseline.</summary>
internal sealed class Comparison
{
    private readonly List<LoadResult> _results;

    private Comparison(List<LoadResult> results, string baseline)
    {
        _results = results;
        Baseline = baseline;
    }

    /// <summary>Target that ratios are taken against.</summary>
    public string Baseline { get; }

    /// <summary>Targets in order of first appearance.</summary>
    public IReadOnlyList<string> Targets => [.. _results.Select(r => r.Target).Distinct()];

    /// <summary>Scenarios in order of first appearance.</summary>
    public IReadOnlyList<string> Scenarios => [.. _results.Select(r => r.Scenario).Distinct()];

    /// <summary>Figures that are compared: title, unit, value, whether the direct path's value is subtracted.</summary>
    public static IReadOnlyList<(string Title, string Unit, Func<LoadResult, double> Value, bool Added)> Figures { get; } =
    [
        ("CPU per request", "us", r => r.CpuUsPerRequest, false),
        ("CPU per chunk", "us", r => r.Stream ? r.CpuUsPerChunk : 0, false),
        ("requests/s", "1/s", r => r.RequestsPerSecond, false),
        ("added latency p50", "us", r => r.RatePerSecond > 0 && !r.Stream ? r.Latency.P50 : 0, true),
        ("added latency p99", "us", r => r.RatePerSecond > 0 && !r.Stream ? r.Latency.P99 : 0, true),
        ("added latency p99.9", "us", r => r.RatePerSecond > 0 && !r.Stream ? r.Latency.P999 : 0, true),
        ("added per chunk p50", "us", r => r.Stream ? r.ChunkTransit.P50 : 0, true),
        ("added per chunk p99", "us", r => r.Stream ? r.ChunkTransit.P99 : 0, true),
        ("added TTFT p50", "us", r => r.Stream ? r.Ttft.P50 : 0, true),
        ("RSS", "MiB", r => r.RssMib, false),
        ("errors", "", r => r.Errors, false),
    ];

    /// <exception cref="FormatException">A line that is no result; the message holds its number.</exception>
    public static Comparison Read(IReadOnlyList<string> lines, string baseline)
    {
        var results = new List<LoadResult>();
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].Length == 0)
                continue;
            try
            {
                results.Add(JsonSerializer.Deserialize(lines[i], LoadJson.Default.LoadResult)!);
            }
            catch (JsonException e)
            {
                throw new FormatException($"line {i + 1} is not a result: {e.Message}");
            }
        }

        return results.Count > 0 ? new Comparison(results, baseline) : throw new FormatException("no results");
    }

    /// <summary>Median over the rounds; null when the figure was not measured.</summary>
    public double? Median(string target, string scenario, Func<LoadResult, double> value, bool added)
    {
        double[] values = [.. _results.Where(r => r.Target == target && r.Scenario == scenario).Select(value).Order()];
        if (values.Length == 0)
            return null;
        double median = values.Length % 2 == 1 ? values[values.Length / 2] : (values[(values.Length / 2) - 1] + values[values.Length / 2]) / 2;
        if (!added || median == 0)
            return median;
        return target == "direct" ? null : median - Median("direct", scenario, value, false);
    }

    /// <summary>Smallest and largest value over the rounds.</summary>
    public (double Low, double High) Spread(string target, string scenario, Func<LoadResult, double> value)
    {
        double[] values = [.. _results.Where(r => r.Target == target && r.Scenario == scenario).Select(value)];
        return values.Length == 0 ? (0, 0) : (values.Min(), values.Max());
    }

    /// <summary>A table for people: one block for each scenario.</summary>
    public string Table()
    {
        var text = new StringBuilder();
        foreach (string scenario in Scenarios)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{scenario}  (median; ratio to {Baseline})\n{"",-22}");
            foreach (string target in Targets)
                text.Append(CultureInfo.InvariantCulture, $"{target,20}");
            text.Append('\n');
            foreach ((string title, string unit, Func<LoadResult, double> value, bool added) in Figures)
            {
                double?[] row = [.. Targets.Select(t => Median(t, scenario, value, added))];
                if (row.All(v => v is null or 0))
                    continue;
                text.Append(CultureInfo.InvariantCulture, $"{title + (unit.Length > 0 ? $" [{unit}]" : ""),-22}");
                double? against = Median(Baseline, scenario, value, added);
                foreach (double? v in row)
                    text.Append(CultureInfo.InvariantCulture, $"{(v is null ? "-" : against is > 0 && v > 0 ? $"{v:F1} ({v / against:F2})" : $"{v:F1}"),20}");
                text.Append('\n');
            }
        }

        return text.ToString();
    }

    public string Json() => JsonSerializer.Serialize(_results, LoadJson.Default.ListLoadResult);
}
