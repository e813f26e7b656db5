using System.Runtime.CompilerServices;
using RouterDaemon.Core.Stats;

namespace RouterDaemon.Core.State;

/// <summary>Counters and estimates of one deployment, outside the snapshot so that a reload keeps them. All members are safe from any thread.</summary>
public sealed partial class DeploymentState
{
    private const long SecondNs = 1_000_000_000;
    private const int FailuresToOpen = 5;
    private const long FirstOpenNs = 5 * SecondNs;
    private const long LongestOpenNs = 120 * SecondNs;
    private const float FailureHalfLifeSeconds = 20;

    internal DeploymentCounters Counters;
    internal LatencyModel Model;
    internal LatencyMemory Memory;
    private readonly EstimatorPriors _priors;
    private int _gate;
    private long _usableFromNs;
    private volatile bool _drained;
    private long _tickNs;
    private long _lastSampleNs;
    private int _consecutiveFailures;
    private int _openings;
    private float _failureRate;
    private float _cap;
    private float _hitRatio = 1;
    private float _outputTokens = 300;
    private float _bytesPerToken = 4;
    private float _moneyPressure;

    /// <summary>A deployment behind a network, nothing known.</summary>
    public DeploymentState()
        : this(EstimatorPriors.Remote)
    {
    }

    /// <summary>A deployment with given beliefs.</summary>
    public DeploymentState(in EstimatorPriors priors)
    {
        _priors = priors;
        Model = new LatencyModel(priors);
        (Ttft, Itl, Latency) = (new(), new(), new());
    }

    /// <summary>Requests chosen and not finished.</summary>
    public int InFlight => Volatile.Read(ref Counters.InFlight);

    /// <summary>Requests chosen and without a first token.</summary>
    public int Unanswered => Volatile.Read(ref Counters.Unanswered);

    /// <summary>Uncached prompt tokens of requests without a first token.</summary>
    public long OutstandingPrefillTokens => Volatile.Read(ref Counters.PrefillTokens);

    /// <summary>Prompt and answer tokens of everything in flight.</summary>
    public long KvTokensInFlight => Volatile.Read(ref Counters.KvTokens);

    /// <summary>Milliseconds to the first token in the window.</summary>
    public LatencyHistogram Ttft { get; }

    /// <summary>Milliseconds between tokens in the window, one value for each request.</summary>
    public LatencyHistogram Itl { get; }

    /// <summary>Milliseconds of whole requests in the window.</summary>
    public LatencyHistogram Latency { get; }

    /// <summary>Share of failed requests, decayed with a half-life of 20 s; 0..1.</summary>
    public double ErrorRate => _failureRate;

    /// <summary>Learned cap on requests in flight; 0 = none.</summary>
    public int LearnedCap => (int)_cap;

    /// <summary>Bytes of prompt text for each prompt token, learned from usage; 4 at first.</summary>
    public float BytesPerToken => _bytesPerToken;

    /// <summary>Cached tokens billed for each token that was expected to be cached; 1 at first.</summary>
    public float HitRatio => _hitRatio;

    /// <summary>Mean completion tokens; 300 at first.</summary>
    public float MeanOutputTokens => _outputTokens;

    /// <summary>How much dearer its money counts because a budget is spent too fast: 0 = as billed, 1 = twice.</summary>
    public double MoneyPressure => _moneyPressure;

    /// <summary>When the deployment can be used again; in the past when it is usable.</summary>
    public long UsableFromNs => Volatile.Read(ref _usableFromNs);

    /// <summary>First-token samples learned from.</summary>
    public int TtftSamples => Model.TtftSamples;

    /// <summary>Chance of a failure as priced; a trial is not held against the deployment's past.</summary>
    internal float FailureRisk => _openings > 0 ? 0 : _failureRate;

    internal bool IsHalfOpen => _openings > 0;

    /// <summary>The breaker as of <paramref name="nowNs"/>.</summary>
    public BreakerState Breaker(long nowNs) =>
        _openings == 0 ? BreakerState.Closed : nowNs < UsableFromNs ? BreakerState.Open : BreakerState.HalfOpen;

    /// <summary>Sets <see cref="MoneyPressure"/>; anything that is not finite, or below 0, counts as 0.</summary>
    public void SetMoneyPressure(double pressure)
    {
        Enter();
        _moneyPressure = pressure > 0 && double.IsFinite(pressure) ? (float)pressure : 0;
        PublishAndExit();
    }

    /// <summary>Takes the deployment out until <paramref name="untilNs"/>; an earlier time than the one set before does not shorten it.</summary>
    public void MarkDown(long untilNs)
    {
        Enter();
        RestUntil(untilNs);
        PublishAndExit();
    }

    /// <summary>An administrator took it out: what runs goes on, nothing new comes.</summary>
    public bool IsDrained => _drained;

    /// <summary>Takes the deployment out, or puts it back.</summary>
    public void SetDrained(bool drained)
    {
        Enter();
        _drained = drained;
        PublishAndExit();
    }

    /// <summary>Makes the deployment usable at once, e.g. when a health check of an unpaid backend succeeds after <see cref="MarkDown"/>.</summary>
    public void MarkUp()
    {
        Enter();
        Volatile.Write(ref _usableFromNs, 0);
        _consecutiveFailures = 0;
        _openings = 0;
        PublishAndExit();
    }

    /// <summary>What was learned, for persistence.</summary>
    public EstimatorSnapshot Export()
    {
        Enter();
        var snapshot = new EstimatorSnapshot
        {
            Version = EstimatorSnapshot.CurrentVersion,
            TtftSamples = Model.TtftSamples,
            ItlSamples = Model.ItlSamples,
            BaseTtft = Model.BaseTtft,
            PrefillPerToken = Model.PrefillPerToken,
            AttentionPerPair = Model.AttentionPerPair,
            QueueCoupling = Model.QueueCoupling,
            Itl = Model.Itl,
            ItlPerStream = Model.ItlPerStream,
            MeanStreams = Model.MeanStreams,
            StreamVariance = Model.StreamVariance,
            MeanWork = Model.MeanWork,
            WorkVariance = Model.WorkVariance,
            Interference = Model.Interference,
            TtftSigma = Model.TtftSigma,
            ItlSigma = Model.ItlSigma,
            Service = Model.Service,
            FailureRate = _failureRate,
            Cap = _cap,
            HitRatio = _hitRatio,
            BytesPerToken = _bytesPerToken,
            OutputTokens = _outputTokens,
        };
        Exit();
        return snapshot;
    }

    /// <summary>Starts from what was learned before; false when the snapshot is of another version or holds what no learning gives.</summary>
    public bool Import(in EstimatorSnapshot s)
    {
        var sum = s.BaseTtft + s.PrefillPerToken + s.AttentionPerPair + s.QueueCoupling + s.Itl + s.ItlPerStream + s.TtftSigma + s.ItlSigma
            + s.Service + s.FailureRate + s.Cap + s.HitRatio + s.BytesPerToken + s.OutputTokens
            + s.MeanStreams + s.StreamVariance + s.MeanWork + s.WorkVariance + s.Interference;
        var least = Math.Min(Math.Min(Math.Min(s.BaseTtft, s.PrefillPerToken), Math.Min(s.Itl, s.QueueCoupling)), Math.Min(s.Service, s.BytesPerToken));
        if (s.Version != EstimatorSnapshot.CurrentVersion || !float.IsFinite(sum) || !(least > 0) || s.TtftSamples < 0 || s.ItlSamples < 0)
            return false;
        Enter();
        Model = new LatencyModel(_priors)
        {
            TtftSamples = s.TtftSamples,
            ItlSamples = s.ItlSamples,
            BaseTtft = s.BaseTtft,
            PrefillPerToken = s.PrefillPerToken,
            AttentionPerPair = s.AttentionPerPair,
            QueueCoupling = s.QueueCoupling,
            Itl = s.Itl,
            ItlPerStream = s.ItlPerStream,
            MeanStreams = s.MeanStreams,
            StreamVariance = s.StreamVariance,
            MeanWork = s.MeanWork,
            WorkVariance = s.WorkVariance,
            Interference = Math.Clamp(s.Interference, 0, 1.5f),
            TtftSigma = Math.Clamp(s.TtftSigma, 0.05f, 2),
            ItlSigma = Math.Clamp(s.ItlSigma, 0.05f, 2),
            Service = s.Service,
        };
        Model.Settle();
        _failureRate = Math.Clamp(s.FailureRate, 0, 1);
        _cap = Math.Max(0, s.Cap);
        _hitRatio = Math.Clamp(s.HitRatio, 0, 1);
        _bytesPerToken = Math.Clamp(s.BytesPerToken, 0.5f, 16);
        _outputTokens = Math.Max(1, s.OutputTokens);
        PublishAndExit();
        return true;
    }

    /// <summary>A few nanoseconds of exclusion among writers; readers take no lock and read single floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Enter()
    {
        if (Interlocked.CompareExchange(ref _gate, 1, 0) != 0)
            Wait();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Wait()
    {
        var spinner = default(SpinWait);
        do
            spinner.SpinOnce();
        while (Interlocked.CompareExchange(ref _gate, 1, 0) != 0);
    }

    private void Exit() => Volatile.Write(ref _gate, 0);

    private void RestUntil(long untilNs) => Volatile.Write(ref _usableFromNs, Math.Max(_usableFromNs, untilNs));
}
