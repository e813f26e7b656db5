namespace RouterDaemon.Store.Records;

/// <summary>Current state of one deployment, one row of <c>deployments</c>. Null = not known.</summary>
public sealed record DeploymentStatus
{
    /// <summary><c>model/backend</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Model id.</summary>
    public required string ModelId { get; init; }

    /// <summary>Backend id.</summary>
    public required string BackendId { get; init; }

    /// <summary>Health.</summary>
    public required DeploymentHealth Status { get; init; }

    /// <summary>Median latency in the window.</summary>
    public int? LatencyP50Ms { get; init; }

    /// <summary>95th percentile in the window.</summary>
    public int? LatencyP95Ms { get; init; }

    /// <summary>Errors and timeouts over all, 0..1; values outside are clamped.</summary>
    public double? ErrorRate { get; init; }

    /// <summary>Length of the window.</summary>
    public int? ErrorRateWindowSec { get; init; }

    /// <summary>Requests waiting.</summary>
    public int? QueueDepth { get; init; }

    /// <summary>USD for a thousand tokens, input and output averaged as used.</summary>
    public double? CostPer1kTokens { get; init; }

    /// <summary>What the provider says is left.</summary>
    public int? RateLimitRemaining { get; init; }

    /// <summary>Requests in the window.</summary>
    public int? SampleCount { get; init; }
}
