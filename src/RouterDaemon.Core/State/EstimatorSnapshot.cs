using System.Runtime.InteropServices;

namespace RouterDaemon.Core.State;

/// <summary>Everything learned of one deployment, flat, for persistence. Append fields only at the end and raise <see cref="CurrentVersion"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct EstimatorSnapshot
{
    /// <summary>Layout version written by this program.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Layout version; a snapshot with another one is not imported.</summary>
    public int Version;

    /// <summary>Samples of the first-token model.</summary>
    public int TtftSamples;

    /// <summary>Samples of the inter-token model.</summary>
    public int ItlSamples;

    /// <summary>Time to first token of an empty prompt, seconds.</summary>
    public float BaseTtft;

    /// <summary>Prefill, seconds for each uncached token.</summary>
    public float PrefillPerToken;

    /// <summary>Quadratic part of prefill, seconds for each pair of tokens.</summary>
    public float AttentionPerPair;

    /// <summary>How much of the work ahead delays a newcomer: 1 = one queue, 0 = everything in parallel.</summary>
    public float QueueCoupling;

    /// <summary>Seconds between tokens with <see cref="MeanStreams"/> other streams.</summary>
    public float Itl;

    /// <summary>Other streams in the mean.</summary>
    public float MeanStreams;

    /// <summary>Variance of the number of other streams.</summary>
    public float StreamVariance;

    /// <summary>Seconds of prefill that fall between two tokens, mean.</summary>
    public float MeanWork;

    /// <summary>Its variance.</summary>
    public float WorkVariance;

    /// <summary>Share of prefill time that running answers stand still; 0 = prefill disturbs nobody.</summary>
    public float Interference;

    /// <summary>Seconds that each further stream adds.</summary>
    public float ItlPerStream;

    /// <summary>Spread of the first-token prediction's error relative to the prediction.</summary>
    public float TtftSigma;

    /// <summary>Spread of the inter-token prediction's error relative to the prediction.</summary>
    public float ItlSigma;

    /// <summary>Seconds that a request takes from start to end.</summary>
    public float Service;

    /// <summary>Share of failures, decayed.</summary>
    public float FailureRate;

    /// <summary>Learned cap on requests in flight; 0 = none.</summary>
    public float Cap;

    /// <summary>Cached tokens billed for each token that the prefix table had matched.</summary>
    public float HitRatio;

    /// <summary>Bytes of prompt for each token of it.</summary>
    public float BytesPerToken;

    /// <summary>Mean completion tokens.</summary>
    public float OutputTokens;
}
