using System.Collections;
using System.Globalization;
using System.Text;

namespace RouterDaemon.Telemetry;

/// <summary>
/// The log's line about one request, with named values for the JSON format. A class, and not the generator's structure for so many values:
/// every logger and formatter would be compiled once more for it.
/// </summary>
internal sealed class RequestLine(KeyValuePair<string, object?>[] values) : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <inheritdoc/>
    public int Count => values.Length;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => values[index];

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)values).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => values.GetEnumerator();

    /// <summary>The plain line: <c>name=value</c>, what is not known left out.</summary>
    public override string ToString()
    {
        var line = new StringBuilder("request");
        foreach (var (name, value) in values)
        {
            if (value is not null)
            {
                line.Append(' ').Append(name).Append('=').Append(Convert.ToString(value, CultureInfo.InvariantCulture));
            }
        }

        return line.ToString();
    }
}
