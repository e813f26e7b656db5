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
        new("least_request", "equal deployments, few clients: fewest requests in flight", _ => new LeastRequestPolicy()),
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
