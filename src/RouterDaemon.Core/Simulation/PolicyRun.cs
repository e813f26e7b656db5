namespace RouterDaemon.Core.Simulation;

/// <summary>One policy on one seed.</summary>
public sealed record PolicyRun
{
    /// <summary>The policy.</summary>
    public required string Policy { get; init; }

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>Time to the first token.</summary>
    public required SimDistribution TtftMs { get; init; }

    /// <summary>Mean time between tokens of a request.</summary>
    public required SimDistribution TpotMs { get; init; }

    /// <summary>Whole requests.</summary>
    public required SimDistribution E2eMs { get; init; }

    /// <summary>Share of prompt tokens found in a prefix cache.</summary>
    public required double HitRate { get; init; }

    /// <summary>Share of requests within both objectives; a rejected one is not.</summary>
    public required double Goodput { get; init; }

    /// <summary>USD per 1,000 requests.</summary>
    public required double CostUsdPer1k { get; init; }

    /// <summary>USD of value per 1,000 requests: quality less money, time and misses (specs, routing, section 4.3).</summary>
    public required double Utility { get; init; }

    /// <summary>Requests nobody served.</summary>
    public required int Rejected { get; init; }

    /// <summary>Requests counted.</summary>
    public required int Requests { get; init; }

    /// <summary>Share of counted requests by deployment.</summary>
    public required IReadOnlyList<double> Shares { get; init; }

    /// <summary>Mean absolute error of the predicted time to the first token, relative to the real one; medians. NaN = nothing answered.</summary>
    public required double TtftErrorP50 { get; init; }
}
