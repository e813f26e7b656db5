namespace RouterDaemon.Store.Context;

/// <summary>One row of <see cref="QualitySummary"/>; scores lie in 0..1.</summary>
public sealed record QualityGroup(string ModelId, string TaskType, double AvgScore, double MinScore, double MaxScore, long SampleCount);
