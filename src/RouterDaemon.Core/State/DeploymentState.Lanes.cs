using System.Runtime.CompilerServices;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.State;

/// <content>What decisions read, copied to the deployment's lane whenever it changes. Written under the exclusion, in this lane only.</content>
public sealed partial class DeploymentState
{
    private Lane? _lane;

    /// <summary>From now on publishes to this lane.</summary>
    internal void Attach(Lane lane)
    {
        Enter();
        Volatile.Write(ref _lane, lane);
        PublishCounters();
        PublishQuality();
        PublishAndExit();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PublishCounters()
    {
        if (_lane is not { } lane)
            return;
        var (block, i) = (lane.Block, lane.Index);
        LaneBlock.Set(ref block.InFlight, i, Counters.InFlight);
        LaneBlock.Set(ref block.Unanswered, i, Counters.Unanswered);
        LaneBlock.Set(ref block.Alive, i, Counters.InFlight - Counters.Lost);
        var ahead = Counters.PrefillWorkUs * 1e-6f;
        LaneBlock.Set(ref block.AheadSeconds, i, ahead);
        LaneBlock.Set(ref block.LeastAheadSeconds, i, LeastHeadShare * ahead / Math.Max(1, Counters.Unanswered));
        LaneBlock.Set(ref block.HeadTicks, i, (int)(Counters.HeadNs >> LaneBlock.TickShift));
        LaneBlock.Set(ref block.ProgressTicks, i, (int)(Counters.ProgressNs >> LaneBlock.TickShift));
    }

    /// <summary>The one write outside the exclusion, for each chunk of an answer: one object is read, so block and index belong together.</summary>
    private void PublishProgress(long nowNs)
    {
        if (Volatile.Read(ref _lane) is { } lane)
            LaneBlock.Set(ref lane.Block.ProgressTicks, lane.Index, (int)(nowNs >> LaneBlock.TickShift));
    }

    private void PublishAndExit()
    {
        if (_lane is { } lane)
            Publish(lane.Block, lane.Index);
        Exit();
    }

    private void Publish(LaneBlock block, int i)
    {
        LaneBlock.Set(ref block.Guarded, i, _openings > 0 || _usableFromNs > 0 || _drained ? -1 : 0);
        LaneBlock.Set(ref block.LearnedCap, i, EffectiveCap(0));
        LaneBlock.Set(ref block.PrefixSlot, i, _prefixSlot);
        LaneBlock.Set(ref block.BaseTtft, i, Model.Slowdown * Model.BaseTtft);
        LaneBlock.Set(ref block.PrefillPerToken, i, Model.Slowdown * Model.PrefillPerToken);
        LaneBlock.Set(ref block.AttentionPerPair, i, Model.Slowdown * Model.AttentionPerPair);
        LaneBlock.Set(ref block.QueueCoupling, i, Model.QueueCoupling);
        LaneBlock.Set(ref block.TtftSigma, i, Model.TtftSigma);
        LaneBlock.Set(ref block.Itl, i, Model.Slowdown * Model.Itl);
        LaneBlock.Set(ref block.ItlPerStream, i, Model.Slowdown * Model.ItlPerStream);
        LaneBlock.Set(ref block.MeanStreams, i, Model.MeanStreams);
        LaneBlock.Set(ref block.MeanWork, i, Model.MeanWork);
        LaneBlock.Set(ref block.Interference, i, Model.Interference);
        LaneBlock.Set(ref block.ItlSigma, i, Model.ItlSigma);
        LaneBlock.Set(ref block.Service, i, Model.Service);
        LaneBlock.Set(ref block.LoadSeconds, i, (_exact ? LoadSeconds : 0) + _gaugeWait);
        LaneBlock.Set(ref block.Queued, i, !_exact ? -1 : _freeSlots > 0 ? 0 : _queueDepth + 1);
        LaneBlock.Set(ref block.HitRatio, i, _hitRatio);
        LaneBlock.Set(ref block.FailureRisk, i, FailureRisk);
        LaneBlock.Set(ref block.MeanOutputTokens, i, _outputTokens);
        LaneBlock.Set(ref block.MoneyFactor, i, 1 + _moneyPressure);
    }

    private void PublishQuality()
    {
        if (_lane is not { } lane)
            return;
        for (var c = 0; c < ClassCount; c++)
        {
            var all = QualityPriorWeight + _qualityCount[c];
            LaneBlock.Set(ref lane.Block.QualityWeight[c], lane.Index, QualityPriorWeight / all);
            LaneBlock.Set(ref lane.Block.QualityScore[c], lane.Index, _qualitySum[c] / all);
        }
    }
}
