using System.Runtime.CompilerServices;

namespace RouterDaemon.Core.State;

/// <summary>What the classic balancers remember: a peak-sensitive average of whole requests, and the last ten first-token times.</summary>
internal struct LatencyMemory
{
    public const int RecentCount = 10;
    private const float PeakTauSeconds = 10;

    private Recent _recent;
    private int _count;
    private float _peak;
    private long _peakNs;

    /// <summary>Samples seen.</summary>
    public readonly int Count => _count;

    /// <summary>Mean of the last ten first-token times in seconds (LiteLLM, lowest_latency.py); 0 = none yet.</summary>
    public readonly float RecentMean
    {
        get
        {
            var n = Math.Min(_count, RecentCount);
            var sum = 0f;
            for (var i = 0; i < n; i++)
                sum += _recent[i];
            return n == 0 ? 0 : sum / n;
        }
    }

    public void AddFirstToken(float seconds) => _recent[_count++ % RecentCount] = seconds;

    /// <summary>
    /// Peak EWMA in seconds (Finagle, PeakEwma.scala): jumps up to a worse sample and falls towards 0 with a time constant of 10 s, also while nothing is
    /// heard, so that a deployment once slow is tried again; 0 = no request ended yet.
    /// </summary>
    public readonly float PeakAt(long nowNs) => _peak * WeightAt(nowNs);

    public void AddRequest(float seconds, long nowNs)
    {
        var weight = WeightAt(nowNs);
        _peak = MathF.Max(seconds, (_peak * weight) + (seconds * (1 - weight)));
        _peakNs = nowNs;
    }

    private readonly float WeightAt(long nowNs) => MathF.Exp(-(nowNs - _peakNs) * 1e-9f / PeakTauSeconds);

    [InlineArray(RecentCount)]
    private struct Recent
    {
        private float _first;
    }
}
