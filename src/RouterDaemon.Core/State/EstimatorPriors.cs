namespace RouterDaemon.Core.State;

/// <summary>What is believed of a deployment before anything was measured. Learned values stay within a factor of 64 of these.</summary>
/// <param name="BaseTtftMs">Time to first token of an empty prompt on an idle deployment.</param>
/// <param name="PrefillUsPerToken">Prefill time of one uncached prompt token.</param>
/// <param name="AttentionNsPerTokenPair">Quadratic part of prefill: time for each pair of a prompt token and one before it.</param>
/// <param name="ItlMs">Time between output tokens with one stream.</param>
/// <param name="ItlGrowth">Share by which each further stream slows all of them.</param>
/// <param name="ServiceMs">Duration of a request, for queues behind slots.</param>
public readonly record struct EstimatorPriors(
    double BaseTtftMs, double PrefillUsPerToken, double AttentionNsPerTokenPair, double ItlMs, double ItlGrowth, double ServiceMs)
{
    /// <summary>How far prefill stops the answers that run beside it: 1 = all of them for all of its time, as in one engine.</summary>
    public double Interference { get; init; } = 1;

    /// <summary>Share of the prefill ahead that a request waits for: 1 = all of it, as in one engine.</summary>
    public double QueueCoupling { get; init; } = 1;

    /// <summary>Behind a network: an engine or a cluster.</summary>
    public static EstimatorPriors Remote => new(300, 60, 1, 20, 0.01, 6000);

    /// <summary>A paid API: what one caller sends there hardly disturbs anyone.</summary>
    public static EstimatorPriors Hosted => new(300, 60, 1, 20, 0.001, 6000) { Interference = 0, QueueCoupling = 0.1 };

    /// <summary>A model of this machine, size unknown.</summary>
    public static EstimatorPriors OnDevice => new(30, 500, 2, 30, 0.3, 6000);
}
