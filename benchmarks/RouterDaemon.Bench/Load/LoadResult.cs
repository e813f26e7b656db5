using System.Text.Json.Serialization;

namespace RouterDaemon.Bench.Load;

/// <summary>Figures of one measurement. Times in microseconds unless the name says otherwise.</summary>
public sealed record LoadResult
{
    public required string Target { get; init; }

    public required string Scenario { get; init; }

    public bool Stream { get; init; }

    public double RatePerSecond { get; init; }

    public int Connections { get; init; }

    public double DurationS { get; init; }

    /// <summary>Answers completed in the measured time.</summary>
    public long Requests { get; init; }

    public long Errors { get; init; }

    /// <summary>First error's text; empty when there was none.</summary>
    public string FirstError { get; init; } = "";

    public double RequestsPerSecond { get; init; }

    /// <summary>CPU time of the watched processes per answer; 0 when none was watched.</summary>
    public double CpuUsPerRequest { get; init; }

    /// <summary>CPU time of the watched processes per content chunk.</summary>
    public double CpuUsPerChunk { get; init; }

    /// <summary>Memory of the watched processes at the end, MiB.</summary>
    public double RssMib { get; init; }

    /// <summary>From the moment the request was due to its last byte.</summary>
    public required Quantiles Latency { get; init; }

    /// <summary>From the moment the request was due to its first content.</summary>
    public required Quantiles Ttft { get; init; }

    /// <summary>Between two content chunks.</summary>
    public required Quantiles Itl { get; init; }

    /// <summary>From the upstream's send to our receive of one chunk, by the time stamp in it; the mock's <c>stamps</c> only.</summary>
    public required Quantiles ChunkTransit { get; init; }

    /// <summary>Content chunks received.</summary>
    public long Chunks { get; init; }

    /// <summary>Fraction of answers within both limits.</summary>
    public double Goodput { get; init; }
}

/// <summary>Percentiles in microseconds.</summary>
public sealed record Quantiles(long Count, double Mean, double P50, double P90, double P99, double P999, double Max)
{
    public static Quantiles Of(LatencyHistogram histogram) => new(histogram.Count, Us(histogram.MeanNs), Us(histogram.Percentile(0.5)), Us(histogram.Percentile(0.9)),
        Us(histogram.Percentile(0.99)), Us(histogram.Percentile(0.999)), Us(histogram.MaxNs));

    private static double Us(double ns) => Math.Round(ns / 1000, 1);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LoadResult))]
[JsonSerializable(typeof(List<LoadResult>))]
internal sealed partial class LoadJson : JsonSerializerContext;
