using RouterDaemon.Backends;

namespace RouterDaemon.Telemetry;

/// <summary>What was counted of one deployment since the start. Outlives reloads, as the deployment's state does.</summary>
internal sealed class DeploymentMeter
{
    private readonly OperationMeter?[] _operations = new OperationMeter?[GenAiNames.OperationCount];
    private readonly long[] _retries = new long[ErrorTypes.Count];
    private long _inputTokens;
    private long _cachedTokens;
    private long _outputTokens;
    private long _fallbacks;
    private double _costUsd;

    /// <summary>Answers by status.</summary>
    public StatusCounts Statuses { get; } = new();

    /// <summary>Arrival to hand-over, for requests whose first attempt went here.</summary>
    public FixedHistogram Overhead { get; } = new(Buckets.OverheadSeconds);

    /// <summary>Prompt tokens, those from a prefix cache included.</summary>
    public long InputTokens => Volatile.Read(ref _inputTokens);

    /// <summary>Prompt tokens from a prefix cache.</summary>
    public long CachedTokens => Volatile.Read(ref _cachedTokens);

    /// <summary>Answer tokens.</summary>
    public long OutputTokens => Volatile.Read(ref _outputTokens);

    /// <summary>Requests that ended here after another deployment had failed or could not be used.</summary>
    public long Fallbacks => Volatile.Read(ref _fallbacks);

    /// <summary>Money, failed attempts included.</summary>
    public double CostUsd => Volatile.Read(ref _costUsd);

    /// <summary>Attempts that failed in one way (<see cref="ErrorTypes"/>) and whose request went on elsewhere.</summary>
    public long Retries(int errorType) => Volatile.Read(ref _retries[errorType]);

    /// <summary>Histograms of an operation; made with its first request.</summary>
    public OperationMeter Of(Operation operation)
    {
        ref var meter = ref _operations[(int)operation];
        return meter ?? Interlocked.CompareExchange(ref meter, new OperationMeter(), null) ?? meter;
    }

    /// <summary>As <see cref="Of"/>; null = it was not asked for yet.</summary>
    public OperationMeter? Find(Operation operation) => Volatile.Read(ref _operations[(int)operation]);

    /// <summary>Counts what an attempt used.</summary>
    public void AddUsage(int inputTokens, int cachedTokens, int outputTokens, double costUsd)
    {
        Interlocked.Add(ref _inputTokens, inputTokens);
        Interlocked.Add(ref _cachedTokens, Math.Max(0, cachedTokens));
        Interlocked.Add(ref _outputTokens, outputTokens);
        if (costUsd > 0)
        {
            Atomic.Add(ref _costUsd, costUsd);
        }
    }

    /// <summary>Counts a failed attempt whose request goes on.</summary>
    public void AddRetry(int errorType) => Interlocked.Increment(ref _retries[errorType]);

    /// <summary>Counts a request that ended here as a fallback.</summary>
    public void AddFallback() => Interlocked.Increment(ref _fallbacks);
}
