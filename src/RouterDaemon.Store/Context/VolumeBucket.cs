namespace RouterDaemon.Store.Context;

/// <summary>One bucket of <see cref="RequestVolume"/>.</summary>
public sealed record VolumeBucket(string Period, string Group, long RequestCount, double TotalCostUsd);
