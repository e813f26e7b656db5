using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RouterDaemon.SystemTests.Support;

/// <summary>
/// A strict reader of Prometheus' text format 0.0.4. What a scraper might forgive is a fault here: a name without its head or with two, samples of a
/// name that are not together, a series twice, labels that are not escaped, a histogram that does not add up.
/// </summary>
public sealed partial class PrometheusPage
{
    private readonly Dictionary<string, double> _series = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly List<(string Name, SortedDictionary<string, string> Labels, double Value)> _samples = [];

    /// <summary>Names with their types.</summary>
    public IReadOnlyDictionary<string, string> Types => _types;

    /// <summary>All samples.</summary>
    public IReadOnlyList<(string Name, SortedDictionary<string, string> Labels, double Value)> Samples => _samples;

    /// <exception cref="FormatException">Says which line is wrong, and how.</exception>
    public static PrometheusPage Parse(string text)
    {
        var page = new PrometheusPage();
        page.Read(text);
        page.CheckHistograms();
        return page;
    }

    /// <summary>The value of a series; labels in any order.</summary>
    public double Value(string name, params (string Name, string Value)[] labels) =>
        _series.TryGetValue(Key(name, new SortedDictionary<string, string>(labels.ToDictionary(l => l.Name, l => l.Value), StringComparer.Ordinal)), out double value)
            ? value
            : throw new KeyNotFoundException($"no series {name} {string.Join(", ", labels)}");

    /// <summary>Sum over all series of a name that carry these labels.</summary>
    public double Sum(string name, params (string Name, string Value)[] labels) =>
        _samples.Where(s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Sum(s => s.Value);

    private static string Key(string name, SortedDictionary<string, string> labels) => $"{name}{{{string.Join(",", labels.Select(l => $"{l.Key}={l.Value}"))}}}";

    private void Read(string text)
    {
        if (!text.EndsWith('\n'))
            throw new FormatException("the last line does not end");
        string? current = null;
        string? helped = null;
        foreach (string line in text[..^1].Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Match help = Help().Match(line);
                helped = help.Success ? help.Groups[1].Value : throw new FormatException($"not a HELP line: {line}");
                if (_types.ContainsKey(helped))
                    throw new FormatException($"{helped} has two heads");
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Match type = TypeLine().Match(line);
                if (!type.Success || type.Groups[1].Value != helped)
                    throw new FormatException($"TYPE must follow HELP of the same name: {line}");
                current = helped;
                _types.Add(current, type.Groups[2].Value);
                if (type.Groups[2].Value == "counter" && !current.EndsWith("_total", StringComparison.Ordinal))
                    throw new FormatException($"a counter's name ends in _total: {current}");
            }
            else
            {
                ReadSample(line, current ?? throw new FormatException($"a sample before any head: {line}"));
            }
        }
    }

    private void ReadSample(string line, string current)
    {
        int nameEnd = line.IndexOfAny(['{', ' ']);
        string name = nameEnd > 0 ? line[..nameEnd] : throw new FormatException($"not a sample: {line}");
        string type = _types[current];
        bool belongs = name == current && type is not "histogram"
            || (type is "histogram" && name == current + "_bucket")
            || (type is "histogram" or "summary" && (name == current + "_sum" || name == current + "_count"));
        if (!belongs)
            throw new FormatException($"{line} stands under the head of {current} ({type})");
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        int at = nameEnd;
        if (line[at] == '{')
            at = ReadLabels(line, at + 1, labels);
        if (at >= line.Length || line[at] != ' ' || !double.TryParse(line.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            throw new FormatException($"no value: {line}");
        if (!_series.TryAdd(Key(name, labels), value))
            throw new FormatException($"the series is there twice: {line}");
        if (type is "counter" or "histogram" && !(value >= 0))
            throw new FormatException($"negative: {line}");
        _samples.Add((name, labels, value));
    }

    private static int ReadLabels(string line, int at, SortedDictionary<string, string> labels)
    {
        while (line[at] != '}')
        {
            Match name = LabelName().Match(line, at);
            if (!name.Success)
                throw new FormatException($"no label at {at}: {line}");
            at += name.Length;
            var value = new StringBuilder();
            for (; line[at] != '"'; at++)
            {
                if (line[at] == '\\')
                {
                    at++;
                    value.Append(line[at] switch { 'n' => '\n', '\\' => '\\', '"' => '"', _ => throw new FormatException($"no such escape: {line}") });
                }
                else
                {
                    value.Append(line[at]);
                }
            }

            if (!labels.TryAdd(name.Groups[1].Value, value.ToString()))
                throw new FormatException($"a label twice: {line}");
            at++;
            if (line[at] == ',')
                at++;
            else if (line[at] != '}')
                throw new FormatException($"no comma at {at}: {line}");
        }

        return at + 1;
    }

    private void CheckHistograms()
    {
        foreach (string name in _types.Where(t => t.Value == "histogram").Select(t => t.Key))
        {
            var buckets = _samples.Where(s => s.Name == name + "_bucket").GroupBy(s => Key(name, Without(s.Labels, "le")), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList());
            var counts = _samples.Where(s => s.Name == name + "_count").ToDictionary(s => Key(name, s.Labels), s => s.Value);
            var sums = _samples.Where(s => s.Name == name + "_sum").Select(s => Key(name, s.Labels)).ToHashSet();
            if (!counts.Keys.ToHashSet().SetEquals(buckets.Keys) || !sums.SetEquals(buckets.Keys))
                throw new FormatException($"{name}: a histogram lacks buckets, sum or count");
            foreach ((string key, var rows) in buckets)
            {
                double bound = double.NegativeInfinity;
                double before = 0;
                foreach (var row in rows)
                {
                    double le = row.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(row.Labels["le"], CultureInfo.InvariantCulture);
                    if (le <= bound || row.Value < before)
                        throw new FormatException($"{key}: buckets do not rise at le={row.Labels["le"]}");
                    (bound, before) = (le, row.Value);
                }

                if (!double.IsPositiveInfinity(bound) || before != counts[key])
                    throw new FormatException($"{key}: the last bucket is {before} up to {bound}, the count {counts[key]}");
            }
        }
    }

    private static SortedDictionary<string, string> Without(SortedDictionary<string, string> labels, string name) =>
        new(labels.Where(l => l.Key != name).ToDictionary(l => l.Key, l => l.Value), StringComparer.Ordinal);

    [GeneratedRegex(@"^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) \S.*$")]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex("\\G([a-zA-Z_][a-zA-Z0-9_]*)=\"")]
    private static partial Regex LabelName();
}
