namespace RouterDaemon.Core.Routing;

/// <summary>What time, misses, failures and quality are worth, in USD, so that every decision is one printable sum.</summary>
public struct RoutingWeights
{
    /// <summary>USD for each second the caller waits.</summary>
    public float TimeUsdPerSecond;

    /// <summary>USD for missing a service level objective.</summary>
    public float SloMissUsd;

    /// <summary>USD for a failed attempt.</summary>
    public float FailureUsd;

    /// <summary>USD for the difference between quality 0 and 1.</summary>
    public float QualityUsd;

    /// <summary>Factor on money: 1 = as billed; 0 ignores prices.</summary>
    public float Money;

    /// <summary>Share of the harm to others that is charged to a request; 0 = selfish. 0.25 to 1 is flat (specs: routing, ablations).</summary>
    public float Externality;

    /// <summary>Objective for the first token when the request names none, milliseconds.</summary>
    public float SloTtftMs;

    /// <summary>Objective for the time between tokens when the request names none, milliseconds.</summary>
    public float SloTpotMs;

    /// <summary>The weights bent towards an objective.</summary>
    public readonly RoutingWeights For(RouteObjective objective)
    {
        var w = this;
        switch (objective)
        {
            case RouteObjective.Fast:
                (w.TimeUsdPerSecond, w.Money, w.QualityUsd) = (w.TimeUsdPerSecond * 20, w.Money * 0.05f, w.QualityUsd * 0.05f);
                break;
            case RouteObjective.Cheap:
                (w.Money, w.TimeUsdPerSecond, w.QualityUsd, w.SloMissUsd) =
                    (Math.Max(w.Money, 1) * 100, w.TimeUsdPerSecond * 0.1f, w.QualityUsd * 0.1f, w.SloMissUsd * 0.1f);
                break;
            case RouteObjective.Best:
                (w.QualityUsd, w.Money, w.TimeUsdPerSecond) = (w.QualityUsd * 100, w.Money * 0.1f, w.TimeUsdPerSecond * 0.1f);
                break;
        }

        return w;
    }
}
