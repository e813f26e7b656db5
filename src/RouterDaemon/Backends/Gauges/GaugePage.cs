using System.Globalization;

namespace RouterDaemon.Backends.Gauges;

/// <summary>
/// Reads load gauges from a page in Prometheus' text format: a vLLM, SGLang or llama-server engine's, or that of llm-d's endpoint picker, whose
/// gauges are averages over its pool (llm-d-router, <c>docs/metrics.md</c> and <c>extractor/metrics/factories.go</c>). Old names are read as well as new ones.
/// </summary>
internal static class GaugePage
{
    private const string ModelLabel = "model_name=\"";

    private static readonly Dictionary<string, Field> Names = new(StringComparer.Ordinal)
    {
        ["vllm:num_requests_waiting"] = Field.Waiting,
        ["vllm:num_requests_running"] = Field.Running,
        ["vllm:kv_cache_usage_perc"] = Field.KvUsage,
        ["vllm:gpu_cache_usage_perc"] = Field.KvUsage, // V0's name
        ["sglang:num_queue_reqs"] = Field.Waiting,
        ["sglang:num_running_reqs"] = Field.Running,
        ["sglang:token_usage"] = Field.KvUsage,
        ["llamacpp:requests_deferred"] = Field.Waiting,
        ["llamacpp:requests_processing"] = Field.Running,
        ["llm_d_epp_average_queue_size"] = Field.Waiting,
        ["llm_d_epp_average_running_requests"] = Field.Running,
        ["llm_d_epp_average_kv_cache_utilization"] = Field.KvUsage,
        ["llm_d_epp_ready_endpoints"] = Field.Ready,
        // Deprecated twins, still written.
        ["inference_pool_average_queue_size"] = Field.Waiting,
        ["inference_pool_average_running_requests"] = Field.Running,
        ["inference_pool_average_kv_cache_utilization"] = Field.KvUsage,
        ["inference_pool_ready_pods"] = Field.Ready,
    };

    private enum Field : byte
    {
        Waiting,
        Running,
        KvUsage,
        Ready,
    }

    /// <summary>
    /// The gauges of a page. Samples that name another model than <paramref name="model"/> (vLLM's <c>model_name</c>) are left out when some name it;
    /// several samples of one gauge are averaged, those of <c>ready_endpoints</c> are added. A line that cannot be read is skipped.
    /// </summary>
    public static LoadGauges Read(ReadOnlySpan<char> page, string model)
    {
        var own = new Sums();
        var all = new Sums();
        // A gauge under its new and its old name is one gauge.
        string?[] names = new string?[4];
        foreach (var range in page.Split('\n'))
        {
            var line = page[range].Trim();
            if (line.IsEmpty || line[0] == '#' || !TrySample(line, out var name, out var labels, out var value)
                || !Names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var known, out var field))
            {
                continue;
            }

            names[(int)field] ??= known;
            if (names[(int)field] != known)
            {
                continue;
            }

            all.Add(field, value);
            var at = labels.IndexOf(ModelLabel);
            if (at >= 0 && labels[(at + ModelLabel.Length)..] is var rest && rest.IndexOf('"') is >= 0 and var end && rest[..end].SequenceEqual(model))
            {
                own.Add(field, value);
            }
        }

        var load = own.Any ? own : all;
        return new LoadGauges
        {
            Waiting = load.Mean(Field.Waiting),
            Running = load.Mean(Field.Running),
            KvUsage = load.Mean(Field.KvUsage),
            ReadyEndpoints = all.Total(Field.Ready),
        };
    }

    /// <summary><c>name{labels} value timestamp</c>; labels and timestamp may be absent. Numbers that are not finite or negative are no gauge.</summary>
    private static bool TrySample(ReadOnlySpan<char> line, out ReadOnlySpan<char> name, out ReadOnlySpan<char> labels, out double value)
    {
        name = labels = default;
        value = 0;
        var end = line.IndexOfAny('{', ' ', '\t');
        if (end <= 0)
        {
            return false;
        }

        name = line[..end];
        var rest = line[end..];
        if (rest[0] == '{')
        {
            var close = rest.LastIndexOf('}');
            if (close < 0)
            {
                return false;
            }

            labels = rest[1..close];
            rest = rest[(close + 1)..];
        }

        rest = rest.Trim();
        var stop = rest.IndexOfAny(' ', '\t');
        return double.TryParse(stop < 0 ? rest : rest[..stop], NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value) && value >= 0;
    }

    private struct Sums
    {
        private Values _sum;
        private Values _count;

        public bool Any { get; private set; }

        public void Add(Field field, double value)
        {
            _sum[(int)field] += value;
            _count[(int)field]++;
            Any = true;
        }

        public readonly double Mean(Field field) => _count[(int)field] > 0 ? _sum[(int)field] / _count[(int)field] : double.NaN;

        public readonly double Total(Field field) => _count[(int)field] > 0 ? _sum[(int)field] : double.NaN;
    }

    [System.Runtime.CompilerServices.InlineArray(4)]
    private struct Values
    {
        private double _first;
    }
}
