using System.Runtime.CompilerServices;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Core.State;

/// <content>What decisions read.</content>
public sealed partial class DeploymentState
{
    internal const int ClassCount = 8;
    private const float QualityPriorWeight = 10;
    private const float LeastHeadShare = 0.6f;

    /// <summary>What an old score weighs when a new one comes: the memory is about 200 scores long.</summary>
    public const float QualityMemory = 0.995f;

    private int _prefixSlot;
    private bool _hasQuality;
    private readonly float[] _qualitySum = new float[ClassCount];
    private readonly float[] _qualityCount = new float[ClassCount];

    /// <summary>The place in the prefix table; 0 = none. Set under the table's lock only.</summary>
    internal int PrefixSlot
    {
        get => Volatile.Read(ref _prefixSlot);
        set
        {
            Enter();
            Volatile.Write(ref _prefixSlot, value);
            PublishAndExit();
        }
    }

    internal byte PrefixGeneration { get; set; }

    /// <summary>The token clock in units of 1,024 tokens, 16 bits.</summary>
    internal ushort AgeStamp => (ushort)(Volatile.Read(ref Counters.TokenClock) >> 10);

    /// <summary>Teaches the quality of answers of a class; <paramref name="score"/> is 0..1, anything else is ignored.</summary>
    public void AddQualityScore(TaskClass taskClass, double score)
    {
        var i = (int)taskClass;
        if (!(score >= 0 && score <= 1) || i >= ClassCount)
            return;
        Enter();
        _qualitySum[i] = (_qualitySum[i] * QualityMemory) + (float)score;
        _qualityCount[i] = (_qualityCount[i] * QualityMemory) + 1;
        _hasQuality = true;
        PublishQuality();
        Exit();
    }

    /// <summary>
    /// Sets what is known of a class from scores that were kept elsewhere: their sum and number, decayed as by <see cref="AddQualityScore"/>. Anything that
    /// no scores give is ignored.
    /// </summary>
    public void SetQuality(TaskClass taskClass, double sum, double count)
    {
        var i = (int)taskClass;
        if (!(sum >= 0 && sum <= count) || !double.IsFinite(count) || i >= ClassCount)
            return;
        Enter();
        (_qualitySum[i], _qualityCount[i]) = ((float)sum, (float)count);
        _hasQuality |= count > 0;
        PublishQuality();
        Exit();
    }

    /// <summary>Quality of a class: the prior, weighing as much as ten scores, and the scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Quality(TaskClass taskClass, float prior) => _hasQuality ? LearnedQuality(taskClass, prior) : prior;

    private float LearnedQuality(TaskClass taskClass, float prior)
    {
        var i = (int)taskClass & (ClassCount - 1);
        var count = _qualityCount[i];
        return count == 0 ? prior : ((prior * QualityPriorWeight) + _qualitySum[i]) / (QualityPriorWeight + count);
    }

    /// <summary>Prefill work of the unanswered, seconds, less what was done since the one at the head began; never less than a share of a mean request's.</summary>
    internal float AheadSeconds(long nowNs)
    {
        var ahead = Volatile.Read(ref Counters.PrefillWorkUs) * 1e-6f;
        var floor = LeastHeadShare * ahead / Math.Max(1, Unanswered);
        // An event that another thread stamped later than this decision is no work to wait for.
        var done = Math.Max(0, nowNs - Volatile.Read(ref Counters.HeadNs)) * 1e-9f;
        return Math.Max(ahead - done, floor);
    }

    /// <summary>Seconds since the deployment last gave a token, when somebody waits for one: a stalled deployment grows dearer by itself.</summary>
    internal float SilenceSeconds(long nowNs) =>
        Volatile.Read(ref Counters.Unanswered) == 0 ? 0 : (nowNs - Volatile.Read(ref Counters.ProgressNs)) * 1e-9f;

    /// <summary>Seconds until a slot is free, the model is loaded, and a queue that others made is gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal float SlotWait(int slots) => _gaugeWait + (slots == 0 && !_exact ? 0 : SlotWaitKnown(slots));

    private float SlotWaitKnown(int slots)
    {
        if (_exact)
            return LoadSeconds + (_freeSlots > 0 ? 0 : (_queueDepth + 1) * Model.Service / Math.Max(1, slots));
        return Math.Max(0, InFlight + 1 - slots) * Model.Service / slots;
    }
}
