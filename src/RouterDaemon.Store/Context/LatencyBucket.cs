namespace RouterDaemon.Store.Context;

/// <summary>One bucket of <see cref="LatencyTrend"/>; <paramref name="ErrorRate"/> counts errors and timeouts, 0..1.</summary>
public sealed record LatencyBucket(
    string Period, string DeploymentId, long RequestCount, long? LatencyP50Ms, long? LatencyP95Ms, double ErrorRate);
