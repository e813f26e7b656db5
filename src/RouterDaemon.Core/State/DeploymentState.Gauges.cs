namespace RouterDaemon.Core.State;

/// <content>Numbers that others report: polled gauges of a cluster (slow, stale), exact ones of the engine in this process.</content>
public sealed partial class DeploymentState
{
    private const long OwnMeasureNs = 10 * SecondNs;
    private const float LongestGaugeWaitSeconds = 60;

    private float _gaugeWaiting;
    private float _gaugeRunning;
    private float _gaugeKvUsage;
    private long _gaugeNs;
    private long _gaugeEndNs;
    private float _gaugeWait;
    private bool _exact;
    private bool _resident = true;
    private int _freeSlots;
    private int _queueDepth;
    private float _loadSeconds;

    /// <summary>Requests waiting when last polled.</summary>
    public float GaugeWaiting => _gaugeWaiting;

    /// <summary>Requests running when last polled.</summary>
    public float GaugeRunning => _gaugeRunning;

    /// <summary>Share of the KV cache in use when last polled, 0..1.</summary>
    public float GaugeKvUsage => _gaugeKvUsage;

    /// <summary>When the gauges were polled; 0 = never.</summary>
    public long GaugesNs => Volatile.Read(ref _gaugeNs);

    /// <summary>False: the model must be loaded before the first token.</summary>
    public bool Resident => _resident;

    /// <summary>Free slots as reported by the engine; meaningful when <see cref="HasExactNumbers"/>.</summary>
    public int FreeSlots => _freeSlots;

    /// <summary>Requests queued in the engine; meaningful when <see cref="HasExactNumbers"/>.</summary>
    public int QueueDepth => _queueDepth;

    /// <summary>True once <see cref="SetResidency"/> was called.</summary>
    public bool HasExactNumbers => _exact;

    internal float LoadSeconds => _resident ? 0 : _loadSeconds;

    /// <summary>
    /// Records gauges that were polled or came with an answer. <paramref name="kvUsage"/> is a share, 0..1. Values that are not finite are ignored.
    /// After <paramref name="life"/> they are stale and decisions leave them out; zero = they are never used but by policies made of gauges.
    /// </summary>
    public void SetGauges(double waiting, double running, double kvUsage, long nowNs, TimeSpan life = default)
    {
        Enter();
        _gaugeEndNs = life > TimeSpan.Zero ? nowNs + (life.Ticks * 100) : 0;
        if (double.IsFinite(waiting))
            _gaugeWaiting = (float)Math.Max(0, waiting);
        if (double.IsFinite(running))
            _gaugeRunning = (float)Math.Max(0, running);
        if (double.IsFinite(kvUsage))
            _gaugeKvUsage = (float)Math.Clamp(kvUsage, 0, 1);
        Volatile.Write(ref _gaugeNs, nowNs);
        UpdateGaugeWait(nowNs);
        PublishAndExit();
    }

    /// <summary>
    /// What fresh gauges say of a queue that others made, seconds: with r requests running for S seconds each, a place comes free every S/r, so w waiting
    /// ones take w*S/r (Little's law). It fades out while own measurements are young, because they hold the queue already: a polled gauge is a prior.
    /// </summary>
    private void UpdateGaugeWait(long nowNs)
    {
        if (nowNs >= _gaugeEndNs)
        {
            _gaugeWait = 0;
            return;
        }

        var silence = _lastSampleNs == 0 ? 1 : Math.Clamp((nowNs - _lastSampleNs) / (float)OwnMeasureNs, 0, 1);
        var others = Math.Max(0, _gaugeWaiting - Unanswered);
        _gaugeWait = Math.Min(silence * others * Model.Service / Math.Max(1, _gaugeRunning), LongestGaugeWaitSeconds);
    }

    /// <summary>Records what the engine of this process knows exactly.</summary>
    /// <param name="resident">The model is in memory.</param>
    /// <param name="freeSlots">Slots without a request.</param>
    /// <param name="queueDepth">Requests waiting for a slot.</param>
    /// <param name="loadMs">Time until the model is in memory when it is not; estimated or remaining.</param>
    public void SetResidency(bool resident, int freeSlots, int queueDepth, double loadMs)
    {
        Enter();
        _freeSlots = Math.Max(0, freeSlots);
        _queueDepth = Math.Max(0, queueDepth);
        _loadSeconds = double.IsFinite(loadMs) ? (float)(Math.Max(0, loadMs) * 1e-3) : 0;
        _resident = resident;
        _exact = true;
        PublishAndExit();
    }
}
