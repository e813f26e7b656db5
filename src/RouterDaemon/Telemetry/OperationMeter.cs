namespace RouterDaemon.Telemetry;

/// <summary>Histograms of one kind of operation on one deployment.</summary>
internal sealed class OperationMeter
{
    private readonly FixedHistogram?[] _durations = new FixedHistogram?[ErrorTypes.Count];

    /// <summary>Prompt tokens of a request.</summary>
    public FixedHistogram InputTokens { get; } = new(Buckets.Tokens);

    /// <summary>Answer tokens of a request.</summary>
    public FixedHistogram OutputTokens { get; } = new(Buckets.Tokens);

    /// <summary>Arrival to first content, streams only.</summary>
    public FixedHistogram FirstToken { get; } = new(Buckets.FirstTokenSeconds);

    /// <summary>Mean time between tokens of a request, streams only.</summary>
    public FixedHistogram PerToken { get; } = new(Buckets.PerTokenSeconds);

    /// <summary>Whole requests that ended in one way (<see cref="ErrorTypes"/>); made with the first one.</summary>
    public FixedHistogram Duration(int errorType)
    {
        ref var histogram = ref _durations[errorType];
        return histogram ?? Interlocked.CompareExchange(ref histogram, new FixedHistogram(Buckets.DurationSeconds), null) ?? histogram;
    }

    /// <summary>As <see cref="Duration"/>; null = no request ended so.</summary>
    public FixedHistogram? FindDuration(int errorType) => Volatile.Read(ref _durations[errorType]);
}
