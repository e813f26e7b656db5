namespace RouterDaemon.Store.Replay;

/// <summary>What one policy would have chosen on the sampled decisions, judged by the priced policy's sum with the estimates of that moment.</summary>
/// <param name="Name">The policy; <c>recorded</c> = what was chosen then.</param>
public sealed record PolicyComparison(string Name)
{
    /// <summary>Sampled decisions.</summary>
    public required int Decisions { get; init; }

    /// <summary>Share of decisions that fell on the deployment that was chosen then: there the outcome is measured, elsewhere it is estimated.</summary>
    public required double Agreement { get; init; }

    /// <summary>
    /// Time to the first token: measured where the choice is the recorded one, else predicted and corrected by the deployment's median of measured by predicted.
    /// </summary>
    public required double TtftMeanMs { get; init; }

    /// <summary>As <see cref="TtftMeanMs"/>.</summary>
    public required double TtftP50Ms { get; init; }

    /// <summary>As <see cref="TtftMeanMs"/>.</summary>
    public required double TtftP90Ms { get; init; }

    /// <summary>Predicted money for a thousand requests.</summary>
    public required double CostUsdPer1k { get; init; }

    /// <summary>
    /// Price (money, time, harm, risk, quality) above the cheapest usable deployment's, mean, for a thousand requests. 0 = always the cheapest by the
    /// estimates of that moment; a deliberate exploration has regret too.
    /// </summary>
    public required double RegretUsdPer1k { get; init; }

    /// <summary>90 % of decisions have at most this regret.</summary>
    public required double RegretP90Usd { get; init; }

    /// <summary>Decisions with a regret above a thousandth of the cheapest price.</summary>
    public required int Worse { get; init; }

    /// <summary>Decisions by deployment.</summary>
    public required IReadOnlyDictionary<string, int> Choices { get; init; }
}
