using System.Globalization;
using System.Text;

namespace RouterDaemon.Telemetry;

/// <summary>
/// Writes Prometheus' text format, version 0.0.4. The samples of a name follow its head without another one between them.
/// Labels are ready-made text, <c>a="b",c="d"</c>: see <see cref="Label"/>.
/// </summary>
internal sealed class PrometheusText
{
    private readonly StringBuilder _text = new(8192);

    /// <summary>Begins a name.</summary>
    public void Head(string name, string type, string help) =>
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    /// <summary>One sample.</summary>
    public void Sample(string name, string labels, double value)
    {
        Name(name, labels);
        _text.Append(CultureInfo.InvariantCulture, $"{value}\n");
    }

    /// <summary>One sample.</summary>
    public void Sample(string name, string labels, long value)
    {
        Name(name, labels);
        _text.Append(CultureInfo.InvariantCulture, $"{value}\n");
    }

    /// <summary>A name with a single sample.</summary>
    public void Single(string name, string type, string help, long value)
    {
        Head(name, type, help);
        Sample(name, "", value);
    }

    /// <summary>The buckets of a histogram, its sum and its count. The count is the sum of the buckets as they were read.</summary>
    public void Histogram(string name, string labels, FixedHistogram histogram)
    {
        var comma = labels.Length > 0 ? "," : "";
        var sum = histogram.Sum;
        long count = 0;
        for (var i = 0; i <= histogram.Bounds.Length; i++)
        {
            count += histogram.CountOf(i);
            _text.Append(name).Append("_bucket{").Append(labels).Append(comma).Append("le=\"");
            if (i < histogram.Bounds.Length)
            {
                // Not 1E-05: some readers compare the text.
                _text.Append(((decimal)histogram.Bounds[i]).ToString(CultureInfo.InvariantCulture));
            }
            else
            {
                _text.Append("+Inf");
            }

            _text.Append(CultureInfo.InvariantCulture, $"\"}} {count}\n");
        }

        Sample(name + "_sum", labels, sum);
        Sample(name + "_count", labels, count);
    }

    /// <summary>One label, its value escaped.</summary>
    public static string Label(string name, string value) => $"{name}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    /// <summary>The page.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_text.ToString());

    private void Name(string name, string labels)
    {
        _text.Append(name);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        _text.Append(' ');
    }
}
