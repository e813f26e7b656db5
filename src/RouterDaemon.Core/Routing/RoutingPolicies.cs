namespace RouterDaemon.Core.Routing;

/// <summary>THE table of policies. To add one: its file, one line here; the policy contract tests enumerate this table.</summary>
public static class RoutingPolicies
{
    /// <summary>The policy of everything that names none.</summary>
    public const string DefaultName = "priced";

    /// <summary>All policies; a policy's number is its position. Append only: numbers are recorded.</summary>
    public static IReadOnlyList<RoutingPolicyInfo> Table { get; } =
    [
        new(DefaultName, "the default: predicts time, money and risk of each candidate for this request and takes the cheapest sum", _ => new PricedPolicy()),
        new("random", "a baseline; equal deployments and nothing to learn", _ => new RandomPolicy()),
        new("round_robin", "equal deployments, requests of similar size", _ => new RoundRobinPolicy()),
        new("weighted", "shares fixed by hand", _ => new WeightedPolicy()),
        new("least_request", "equal deployments, few clients: fewest requests in flight", _ => new LeastRequestPolicy()),
        new("p2c", "very many equal deployments: the emptier of two drawn by lot", _ => new PowerOfTwoPolicy()),
        new("p2c_peak_ewma", "a baseline; short requests of equal length only", _ => new PeakEwmaPolicy()),
        new("lowest_latency", "a baseline, LiteLLM's rule; light load only, it herds", _ => new LowestLatencyPolicy()),
        new("least_tokens", "equal deployments, prompts of very different length", _ => new LeastTokensPolicy()),
        new("cache_aware", "SGLang's rule: long shared prefixes on equal deployments", _ => new CacheAwarePolicy()),
        new("llmd_default", "llm-d's default scorers on fresh gauges", _ => new LlmdDefaultPolicy()),
        new("llmd_optimized", "llm-d's optimized baseline: prefix affinity, then outstanding tokens", _ => new LlmdOptimizedPolicy()),
        new("dynamo", "Dynamo's linear cost: equal deployments with long answers", _ => new DynamoPolicy()),
        new("lmetric", "LMetric: equal deployments, no parameters", _ => new LMetricPolicy()),
        new("min_ttft", "only the first token matters", _ => new MinTtftPolicy()),
        new("static_chain", "a fixed order with caps: local first, then cluster, then API", options => new StaticChainPolicy(options)),
        new("sequential", "a fixed order, the next one only when the one before is not usable", _ => new SequentialPolicy()),
    ];

    /// <summary>Number of a policy by its name; -1 = there is none.</summary>
    public static int IndexOf(string name)
    {
        for (var i = 0; i < Table.Count; i++)
        {
            if (string.Equals(Table[i].Name, name, StringComparison.Ordinal))
                return i;
        }

        return -1;
    }
}
