using System.Runtime.CompilerServices;

namespace RouterDaemon.Core.State;

/// <summary>
/// The learned model of one deployment in seconds. First token: base + coupling * work ahead + own work, where the work of u uncached tokens behind m
/// cached ones is u * prefill + u * (m + u/2) * attention. Between tokens: itl + (streams - mean) * itlPerStream + interference * (prefill - mean). Every
/// update is bounded: least squares winds up under delayed, censored feedback.
/// </summary>
internal struct LatencyModel
{
    private const float LearnedRange = 64;
    private const float TtftGain = 0.1f;
    private const float SteadyInterference = 0.1f;
    private const float LeastInterference = 0.02f;
    private const int SlowdownWarmUp = 8;
    private const float SlowdownFrom = 3;
    private const float MostSlowdown = 64;
    private const float SlowdownGain = 0.5f;
    private const float SlowdownHalfLifeSeconds = 15;
    private const float SlowdownOver = 1.1f;
    private const float OutlierLearning = 0.1f;
    private const float GapGain = 0.003f;
    private const float GapMemorySeconds = 600;
    private const float FirstTtftSigma = 0.4f;
    private const int UsualEvery = 8;
    private const float UsualGain = 0.04f;

    public float BaseTtft;
    public float PrefillPerToken;
    public float AttentionPerPair;
    public float QueueCoupling;
    public float Itl;
    public float ItlPerStream;
    public float MeanStreams;
    public float StreamVariance;
    public float MeanWork;
    public float WorkVariance;
    public float Interference;

    /// <summary>
    /// How many times slower than this model the deployment is at present; 1 = as usual. Slow times come and go faster than a model can learn and must not
    /// teach it: a sample far off moves this factor instead, and every second without news halves what is left of it by its half-life.
    /// </summary>
    public float Slowdown = 1;
    public float TtftSigma;
    public float ItlSigma;
    public float Service;
    public int TtftSamples;
    public int ItlSamples;
    private readonly EstimatorPriors _prior;
    private float _signedError;
    private float _absoluteError;
    private float _errorVariance;
    private long _gapNs;
    private float _usualBase;
    private float _usualPrefill;
    private float _usualAttention;
    private float _usualItl;

    public LatencyModel(in EstimatorPriors prior)
    {
        _prior = prior;
        BaseTtft = (float)(prior.BaseTtftMs * 1e-3);
        PrefillPerToken = (float)(prior.PrefillUsPerToken * 1e-6);
        AttentionPerPair = (float)(prior.AttentionNsPerTokenPair * 1e-9);
        QueueCoupling = (float)prior.QueueCoupling;
        Itl = (float)(prior.ItlMs * 1e-3);
        ItlPerStream = (float)(prior.ItlMs * prior.ItlGrowth * 1e-3);
        Interference = (float)prior.Interference;
        Service = (float)(prior.ServiceMs * 1e-3);
        TtftSigma = FirstTtftSigma;
        ItlSigma = 0.3f;
        Settle();
    }

    /// <summary>Declares the present values the usual ones.</summary>
    public void Settle() => (_usualBase, _usualPrefill, _usualAttention, _usualItl) = (BaseTtft, PrefillPerToken, AttentionPerPair, Itl);

    /// <summary>Prefill time of <paramref name="uncached"/> tokens behind <paramref name="cached"/> ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Work(float uncached, float cached) =>
        uncached * (PrefillPerToken + (AttentionPerPair * (cached + (0.5f * uncached))));

    /// <summary>
    /// A hosted API, by its prior and by what was seen since: there a much longer gap means a slow time, not a neighbour's prompt. Engines and clusters have
    /// long gaps every day, and looked slow for nothing when this was said of them too.
    /// </summary>
    public readonly bool IsSteady => IsPaidByPrior && Interference < 2 * SteadyInterference;

    private readonly bool IsPaidByPrior => _prior.Interference < SteadyInterference;

    /// <summary>Learns from a first token after <paramref name="seconds"/>.</summary>
    public void LearnFirstToken(float seconds, float uncached, float cached, float ahead, float extra)
    {
        if (!(seconds >= 0) || !float.IsFinite(seconds))
            return;
        var linear = uncached * PrefillPerToken;
        var pairs = uncached * AttentionPerPair * (cached + (0.5f * uncached));
        var work = linear + pairs;
        var queued = QueueCoupling * ahead;
        var predicted = BaseTtft + work + queued + extra;
        var gain = MathF.Max(TtftGain, 1 / (2 + (0.25f * TtftSamples)));
        var isOutlier = SeesSlowdown(seconds - queued - extra, BaseTtft + work, seconds - predicted > 1, TtftSamples);
        gain *= isOutlier ? OutlierLearning : 1;
        TtftSamples++;
        var error = (seconds - predicted) / MathF.Max(predicted, 0.02f);
        if (!isOutlier)
            TtftSigma = Math.Clamp(TtftSigma + (0.05f * (MathF.Min(MathF.Abs(error), 3) - TtftSigma)), 0.05f, 2);
        // Exponentiated gradient on the relative error: each parameter moves by its share of the prediction, bounded by a step, so every parameter ends
        // where its share of the error averages out.
        var step = gain * (seconds - predicted) / MathF.Max(MathF.Max(seconds, predicted), 0.005f) / predicted;
        QueueCoupling = Math.Clamp(QueueCoupling * MathF.Exp(step * queued), 0.02f, 1.5f);
        PrefillPerToken = Bound(PrefillPerToken * MathF.Exp(step * linear), _prior.PrefillUsPerToken * 1e-6);
        AttentionPerPair = Bound(AttentionPerPair * MathF.Exp(step * pairs), _prior.AttentionNsPerTokenPair * 1e-9);
        BaseTtft = Bound(BaseTtft * MathF.Exp(step * BaseTtft), _prior.BaseTtftMs * 1e-3);
        if (TtftSamples % UsualEvery == 0)
        {
            Drift(ref _usualBase, BaseTtft);
            Drift(ref _usualPrefill, PrefillPerToken);
            Drift(ref _usualAttention, AttentionPerPair);
            Drift(ref _usualItl, Itl);
        }
    }

    /// <summary>Time between tokens with <paramref name="streams"/> others and the usual amount of prefill in between.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float GapAt(float streams)
    {
        var gap = Itl + (ItlPerStream * (streams - MeanStreams));
        var least = 0.1f * Itl;
        return gap > least ? gap : least;
    }

    /// <summary>
    /// Learns from a mean gap of <paramref name="seconds"/> while <paramref name="streams"/> others ran and <paramref name="work"/> seconds of prefill, for
    /// each token, were done in between. The level is learned at the mean number of streams, so level and slope do not explain each other's errors away.
    /// </summary>
    public void LearnGap(float seconds, float streams, float work, long nowNs)
    {
        if (!(seconds >= 0) || !float.IsFinite(seconds))
            return;
        var streamsFrom = streams - MeanStreams;
        var workFrom = work - MeanWork;
        var predicted = MathF.Max(GapAt(streams) + (Interference * workFrom), 0.1f * Itl);
        if (SeesSlowdown(seconds, predicted, true, ItlSamples))
        {
            Itl = Bound(Itl * (1 + (OutlierLearning * GapGain)), _prior.ItlMs * 1e-3);
            return;
        }

        // What is left of a slow time would be taken for the harm of one's own requests, which pile up in it.
        if (Slowdown > SlowdownOver && IsSteady)
            return;
        var error = Math.Clamp(seconds - predicted, -predicted, predicted);
        var gain = GapGainFor(error / MathF.Max(predicted, 1e-4f), nowNs);
        ItlSigma = Math.Clamp(ItlSigma + (0.02f * (MathF.Abs(error / MathF.Max(predicted, 1e-4f)) - ItlSigma)), 0.05f, 2);
        // At an API, work that varies less than the errors cannot have caused them: without their variance below the line, noise drove the share to 1.
        var (noise, least) = IsPaidByPrior ? (_errorVariance, 0f) : (0f, LeastInterference);
        Interference = Math.Clamp(Interference + (gain * error * workFrom / (1e-8f + noise + WorkVariance + (workFrom * workFrom))), least, 1.5f);
        _errorVariance += 0.02f * ((error * error) - _errorVariance);
        ItlPerStream += gain * error * streamsFrom / (1 + StreamVariance + (streamsFrom * streamsFrom));
        MeanStreams += 0.02f * streamsFrom;
        StreamVariance += 0.02f * ((streamsFrom * streamsFrom) - StreamVariance);
        MeanWork += 0.02f * workFrom;
        WorkVariance += 0.02f * ((workFrom * workFrom) - WorkVariance);
        Itl = Bound(Itl + (gain * error) + (0.02f * ((ItlPerStream * streamsFrom) + (Interference * workFrom))), _prior.ItlMs * 1e-3);
        ItlPerStream = Math.Clamp(ItlPerStream, 0.001f * Itl, Itl);
    }

    /// <summary>
    /// Small while errors change sign, because answers side by side share their luck; larger for the first samples, after a long silence, and when errors
    /// keep one sign (Trigg and Leach's tracking signal): then the deployment has changed.
    /// </summary>
    private float GapGainFor(float relativeError, long nowNs)
    {
        var idle = _gapNs == 0 ? 0 : MathF.Max(0, (nowNs - _gapNs) * 1e-9f);
        _gapNs = nowNs;
        _signedError += 0.1f * (relativeError - _signedError);
        _absoluteError += 0.1f * (MathF.Abs(relativeError) - _absoluteError);
        var tracking = MathF.Abs(_signedError) / MathF.Max(_absoluteError, 0.02f);
        var gain = MathF.Max(MathF.Max(GapGain, 0.5f / (1 + ItlSamples)), 0.5f * idle / (idle + GapMemorySeconds));
        ItlSamples++;
        return tracking > 0.8f && _absoluteError > 0.3f ? MathF.Max(gain, 0.1f) : gain;
    }

    /// <summary>Learns how long a request takes from start to end.</summary>
    public void LearnService(float seconds)
    {
        if (seconds >= 0 && float.IsFinite(seconds))
            Service += 0.1f * (Math.Clamp(seconds, Service * 0.1f, Service * 10) - Service);
    }

    /// <summary>
    /// Moves what has become worse than usual back towards the usual, when nothing was heard for long: a recovered deployment must look worth a try, and
    /// one that is always slow must not be tried for nothing.
    /// </summary>
    public void Shrink(float share)
    {
        BaseTtft -= share * MathF.Max(0, BaseTtft - _usualBase);
        PrefillPerToken -= share * MathF.Max(0, PrefillPerToken - _usualPrefill);
        AttentionPerPair -= share * MathF.Max(0, AttentionPerPair - _usualAttention);
        QueueCoupling -= share * MathF.Max(0, QueueCoupling - 1);
        Itl -= share * MathF.Max(0, Itl - _usualItl);
        TtftSigma -= share * MathF.Max(0, TtftSigma - FirstTtftSigma);
    }

    /// <summary>Half of a slow time is forgotten in 15 s: it must be seen to last.</summary>
    public void ForgetSlowdown(float elapsedSeconds)
    {
        if (Slowdown > 1)
            Slowdown = 1 + ((Slowdown - 1) * MathF.Pow(0.5f, elapsedSeconds / SlowdownHalfLifeSeconds));
    }

    /// <summary>Moves the slowdown; true when the sample belongs to a slow time and must teach the model little.</summary>
    private bool SeesSlowdown(float seconds, float usual, bool isFarOff, int samples)
    {
        var factor = seconds / MathF.Max(usual, 1e-4f);
        if (factor > SlowdownFrom && isFarOff && samples > SlowdownWarmUp && IsSteady)
        {
            Slowdown += SlowdownGain * (MathF.Min(factor, MostSlowdown) - Slowdown);
            return true;
        }

        if (Slowdown > 1)
            Slowdown += SlowdownGain * (Math.Clamp(factor, 1, Slowdown) - Slowdown);
        return false;
    }

    /// <summary>On a logarithmic scale, so that a short disaster hardly moves what is usual.</summary>
    private static void Drift(ref float usual, float now) => usual *= MathF.Pow(MathF.Max(now, 1e-12f) / MathF.Max(usual, 1e-12f), UsualGain);

    private static float Bound(float value, double prior)
    {
        var low = (float)prior / LearnedRange;
        return Math.Clamp(value, low, (float)prior * LearnedRange);
    }
}
