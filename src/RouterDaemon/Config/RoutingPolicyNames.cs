namespace RouterDaemon.Config;

/// <summary>Policies that a configuration may name.</summary>
internal static class RoutingPolicyNames
{
    public static readonly string[] All =
    [
        "priced", "random", "round_robin", "weighted", "least_request", "p2c", "p2c_peak_ewma", "lowest_latency", "least_tokens",
        "cache_aware", "llmd_default", "llmd_optimized", "dynamo", "lmetric", "min_ttft", "static_chain", "sequential",
    ];
}
