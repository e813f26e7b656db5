namespace RouterDaemon.Store.Context;

/// <summary>One window's figures of one deployment, model, tier or router version; the error rate counts errors and timeouts.</summary>
public sealed record ChangeSide(long Requests, double? MedianMs, double ErrorRate, double CostUsd);
