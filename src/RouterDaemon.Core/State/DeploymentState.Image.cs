using RouterDaemon.Core.Stats;

namespace RouterDaemon.Core.State;

/// <content>Copies of a state, for decisions that are taken again later.</content>
public sealed partial class DeploymentState
{
    // No decision reads a histogram and a replayed one has no outcome, so a thousand replayed states share one.
    private static readonly LatencyHistogram NotRecorded = new();

    /// <summary>A state as it was when an image of it was taken, for decisions only: its histograms are not its own.</summary>
    internal DeploymentState(in DeploymentImage image)
    {
        _priors = image.Priors;
        Ttft = Itl = Latency = NotRecorded;
        Counters = image.Counters;
        Model = image.Model;
        Memory = image.Memory;
        _usableFromNs = image.UsableFromNs;
        _tickNs = image.TickNs;
        _lastSampleNs = image.LastSampleNs;
        _consecutiveFailures = image.ConsecutiveFailures;
        _openings = image.Openings;
        _failureRate = image.FailureRate;
        _cap = image.Cap;
        _hitRatio = image.HitRatio;
        _outputTokens = image.OutputTokens;
        _bytesPerToken = image.BytesPerToken;
        _moneyPressure = image.MoneyPressure;
        _gaugeWaiting = image.GaugeWaiting;
        _gaugeRunning = image.GaugeRunning;
        _gaugeKvUsage = image.GaugeKvUsage;
        _gaugeWait = image.GaugeWait;
        _gaugeNs = image.GaugeNs;
        _gaugeEndNs = image.GaugeEndNs;
        _loadSeconds = image.LoadSeconds;
        _freeSlots = image.FreeSlots;
        _queueDepth = image.QueueDepth;
        _exact = image.Exact;
        _resident = image.Resident;
        _drained = image.Drained;
        _hasQuality = image.HasQuality;
        for (var i = 0; i < ClassCount; i++)
            (_qualitySum[i], _qualityCount[i]) = (image.QualitySum[i], image.QualityCount[i]);
    }

    /// <summary>Takes an image.</summary>
    internal void Capture(out DeploymentImage image)
    {
        Enter();
        image = new DeploymentImage
        {
            Priors = _priors,
            Counters = Counters,
            Model = Model,
            Memory = Memory,
            UsableFromNs = _usableFromNs,
            TickNs = _tickNs,
            LastSampleNs = _lastSampleNs,
            ConsecutiveFailures = _consecutiveFailures,
            Openings = _openings,
            FailureRate = _failureRate,
            Cap = _cap,
            HitRatio = _hitRatio,
            OutputTokens = _outputTokens,
            BytesPerToken = _bytesPerToken,
            MoneyPressure = _moneyPressure,
            GaugeWaiting = _gaugeWaiting,
            GaugeRunning = _gaugeRunning,
            GaugeKvUsage = _gaugeKvUsage,
            GaugeWait = _gaugeWait,
            GaugeNs = _gaugeNs,
            GaugeEndNs = _gaugeEndNs,
            LoadSeconds = _loadSeconds,
            FreeSlots = _freeSlots,
            QueueDepth = _queueDepth,
            Exact = _exact,
            Resident = _resident,
            Drained = _drained,
            HasQuality = _hasQuality,
        };
        for (var i = 0; i < ClassCount; i++)
            (image.QualitySum[i], image.QualityCount[i]) = (_qualitySum[i], _qualityCount[i]);
        Exit();
    }
}
