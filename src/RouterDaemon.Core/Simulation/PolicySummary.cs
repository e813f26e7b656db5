namespace RouterDaemon.Core.Simulation;

/// <summary>One policy over all seeds: means of the runs' figures.</summary>
public sealed record PolicySummary
{
    /// <summary>The policy.</summary>
    public required string Name { get; init; }

    /// <summary>Time to the first token.</summary>
    public required SimDistribution TtftMs { get; init; }

    /// <summary>Time between tokens.</summary>
    public required SimDistribution TpotMs { get; init; }

    /// <summary>Whole requests.</summary>
    public required SimDistribution E2eMs { get; init; }

    /// <summary>Share of prompt tokens found in a prefix cache.</summary>
    public required double HitRate { get; init; }

    /// <summary>Share of requests within both objectives.</summary>
    public required double Goodput { get; init; }

    /// <summary>Standard deviation of goodput over the seeds; 0 with one seed.</summary>
    public required double GoodputSd { get; init; }

    /// <summary>USD per 1,000 requests.</summary>
    public required double CostUsdPer1k { get; init; }

    /// <summary>USD of value per 1,000 requests.</summary>
    public required double Utility { get; init; }

    /// <summary>Standard deviation of utility over the seeds.</summary>
    public required double UtilitySd { get; init; }

    /// <summary>Requests nobody served, mean over the seeds.</summary>
    public required double Rejected { get; init; }

    /// <summary>Each seed, in order: paired with the other policies' by seed.</summary>
    public required IReadOnlyList<PolicyRun> Runs { get; init; }

    internal static PolicySummary Of(string name, PolicyRun[] runs)
    {
        var n = runs.Length;
        double Mean(Func<PolicyRun, double> f)
        {
            double sum = 0;
            foreach (var run in runs)
                sum += f(run);
            return sum / n;
        }

        double Sd(Func<PolicyRun, double> f)
        {
            var mean = Mean(f);
            double sum = 0;
            foreach (var run in runs)
                sum += (f(run) - mean) * (f(run) - mean);
            return n < 2 ? 0 : Math.Sqrt(sum / (n - 1));
        }

        SimDistribution All(Func<PolicyRun, SimDistribution> f) =>
            new(Mean(r => f(r).Mean), Mean(r => f(r).P50), Mean(r => f(r).P90), Mean(r => f(r).P99));

        return new PolicySummary
        {
            Name = name,
            TtftMs = All(r => r.TtftMs),
            TpotMs = All(r => r.TpotMs),
            E2eMs = All(r => r.E2eMs),
            HitRate = Mean(r => r.HitRate),
            Goodput = Mean(r => r.Goodput),
            GoodputSd = Sd(r => r.Goodput),
            CostUsdPer1k = Mean(r => r.CostUsdPer1k),
            Utility = Mean(r => r.Utility),
            UtilitySd = Sd(r => r.Utility),
            Rejected = Mean(r => r.Rejected),
            Runs = runs,
        };
    }
}
