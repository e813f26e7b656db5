using System.Runtime.CompilerServices;

namespace RouterDaemon.Core.State;

/// <summary>Everything that a decision can read of a deployment's state, at one moment; unmanaged.</summary>
internal struct DeploymentImage
{
    public EstimatorPriors Priors;
    public DeploymentCounters Counters;
    public LatencyModel Model;
    public LatencyMemory Memory;
    public long UsableFromNs;
    public long TickNs;
    public long LastSampleNs;
    public int ConsecutiveFailures;
    public int Openings;
    public float FailureRate;
    public float Cap;
    public float HitRatio;
    public float OutputTokens;
    public float BytesPerToken;
    public float MoneyPressure;
    public float GaugeWaiting;
    public float GaugeRunning;
    public float GaugeKvUsage;
    public float GaugeWait;
    public float LoadSeconds;
    public long GaugeNs;
    public long GaugeEndNs;
    public int FreeSlots;
    public int QueueDepth;
    public bool Drained;
    public bool HasQuality;
    public bool Exact;
    public bool Resident;
    public ByClass QualitySum;
    public ByClass QualityCount;

    [InlineArray(8)]
    internal struct ByClass
    {
        private float _first;
    }
}
