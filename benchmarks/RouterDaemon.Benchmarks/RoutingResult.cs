namespace RouterDaemon.Benchmarks;

/// <summary>One policy at one load of a cell, over all seeds: a row of <c>results/routing.json</c>.</summary>
internal sealed record RoutingResult(
    string Cell, double Load, string Policy, int Seeds, double Goodput, double GoodputSd, double TtftP99Ms, double TpotMeanMs, double HitRate, double CostUsdPer1k,
    double Utility, double UtilitySd, double Rejected);
