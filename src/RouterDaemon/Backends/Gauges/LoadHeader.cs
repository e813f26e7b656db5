using System.Globalization;

namespace RouterDaemon.Backends.Gauges;

/// <summary>
/// Load that a vLLM engine sends with its answer when asked to: ORCA's <c>endpoint-load-metrics</c> header in its text form,
/// <c>TEXT named_metrics.kv_cache_usage_perc=0.4, named_metrics.num_requests_waiting=2</c>. Fresh and free, unlike a poll.
/// </summary>
internal static class LoadHeader
{
    /// <summary>Request header that asks for it.</summary>
    public const string FormatName = "endpoint-load-metrics-format";

    /// <summary>Its value.</summary>
    public const string Format = "TEXT";

    /// <summary>Response header.</summary>
    public const string Name = "endpoint-load-metrics";

    private const string Prefix = "named_metrics.";

    /// <summary>Reads the header's value; what cannot be read is left out.</summary>
    public static LoadGauges Read(ReadOnlySpan<char> value)
    {
        var load = new LoadGauges();
        value = value.Trim();
        if (!value.StartsWith(Format, StringComparison.Ordinal))
        {
            return load;
        }

        value = value[Format.Length..];
        foreach (var range in value.Split(','))
        {
            var pair = value[range].Trim();
            var equals = pair.IndexOf('=');
            if (equals <= 0 || !double.TryParse(pair[(equals + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                || !double.IsFinite(number) || number < 0)
            {
                continue;
            }

            var name = pair[..equals].Trim();
            name = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
            load = name switch
            {
                "kv_cache_usage_perc" or "gpu_cache_usage_perc" or "kv_cache_utilization" => load with { KvUsage = number },
                "num_requests_waiting" or "waiting_queue_size" => load with { Waiting = number },
                "num_requests_running" => load with { Running = number },
                _ => load,
            };
        }

        return load;
    }
}
