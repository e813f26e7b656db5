using System.Globalization;

namespace RouterDaemon.SystemTests.Support;

/// <summary>Reads series of <c>/metrics</c> that have no labels.</summary>
public static class CacheMetrics
{
    /// <summary>The value; NaN = there is no such series.</summary>
    public static async Task<double> MetricAsync(this HttpClient client, string name)
    {
        string text = await client.GetStringAsync("/metrics");
        string? line = text.Split('\n').FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line[(name.Length + 1)..], CultureInfo.InvariantCulture);
    }
}
