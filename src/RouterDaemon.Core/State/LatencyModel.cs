namespace RouterDaemon.Core.State;

/// <summary>
/// The learned model of one deployment in seconds. First token: base + coupling * work ahead + own work, where the work of u uncached tokens behind m
/// cached ones is u * prefill + u * (m + u/2) * attention. Between tokens: itl + streams * itlPerStream. Every update is bounded and multiplicative:
/// least squares winds up under delayed, censored feedback.
/// </summary>
internal struct LatencyModel
{
    private const float LearnedRange = 64;
    private const float MinGain = 0.05f;

    public float BaseTtft;
    public float PrefillPerToken;
    public float AttentionPerPair;
    public float QueueCoupling;
    public float Itl;
    public float ItlPerStream;
    public float TtftSigma;
    public float ItlSigma;
    public float Service;
    public int TtftSamples;
    public int ItlSamples;
    private readonly EstimatorPriors _prior;

    public LatencyModel(in EstimatorPriors prior)
    {
        _prior = prior;
        BaseTtft = (float)(prior.BaseTtftMs * 1e-3);
        PrefillPerToken = (float)(prior.PrefillUsPerToken * 1e-6);
        AttentionPerPair = (float)(prior.AttentionNsPerTokenPair * 1e-9);
        QueueCoupling = 1;
        Itl = (float)(prior.ItlMs * 1e-3);
        ItlPerStream = (float)(prior.ItlMs * prior.ItlGrowth * 1e-3);
        Service = (float)(prior.ServiceMs * 1e-3);
        TtftSigma = 0.4f;
        ItlSigma = 0.3f;
    }

    /// <summary>Prefill time of <paramref name="uncached"/> tokens behind <paramref name="cached"/> ones.</summary>
    public readonly float Work(float uncached, float cached) =>
        uncached * (PrefillPerToken + (AttentionPerPair * (cached + (0.5f * uncached))));

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
        var gain = MathF.Max(MinGain, 0.5f / (1 + TtftSamples));
        TtftSamples++;
        var error = (seconds - predicted) / MathF.Max(predicted, 0.02f);
        TtftSigma += 0.05f * (MathF.Min(MathF.Abs(error), 3) - TtftSigma);
        TtftSigma = Math.Clamp(TtftSigma, 0.05f, 2);
        if (queued > 0.5f * predicted)
        {
            QueueCoupling = Math.Clamp(QueueCoupling * Step(seconds - BaseTtft - work - extra, queued, gain), 0.02f, 1.5f);
        }
        else if (work > 0.5f * predicted)
        {
            var rest = seconds - BaseTtft - queued - extra;
            PrefillPerToken = Bound(PrefillPerToken * Step(rest, work, gain * linear / work), _prior.PrefillUsPerToken * 1e-6);
            AttentionPerPair = Bound(AttentionPerPair * Step(rest, work, gain * pairs / work), _prior.AttentionNsPerTokenPair * 1e-9);
        }
        else
        {
            BaseTtft = Bound(BaseTtft + (gain * Math.Clamp(seconds - predicted, -0.5f, 0.5f)), _prior.BaseTtftMs * 1e-3);
        }
    }

    /// <summary>Learns from a mean gap of <paramref name="seconds"/> over some tokens while <paramref name="streams"/> others ran.</summary>
    public void LearnGap(float seconds, float streams)
    {
        if (!(seconds >= 0) || !float.IsFinite(seconds))
            return;
        var shared = streams * ItlPerStream;
        var predicted = Itl + shared;
        var gain = MathF.Max(0.02f, 0.5f / (1 + ItlSamples));
        ItlSamples++;
        var error = (seconds - predicted) / MathF.Max(predicted, 1e-4f);
        ItlSigma = Math.Clamp(ItlSigma + (0.02f * (MathF.Min(MathF.Abs(error), 3) - ItlSigma)), 0.05f, 2);
        Itl = Bound(Itl * Step(seconds, predicted, gain * Itl / predicted), _prior.ItlMs * 1e-3);
        ItlPerStream = Math.Clamp(
            ItlPerStream * Step(seconds, predicted, gain * shared / predicted), (float)_prior.ItlMs * 1e-6f, (float)_prior.ItlMs * 1e-3f);
    }

    /// <summary>Learns how long a request takes from start to end.</summary>
    public void LearnService(float seconds)
    {
        if (seconds >= 0 && float.IsFinite(seconds))
            Service += 0.1f * (Math.Clamp(seconds, Service * 0.1f, Service * 10) - Service);
    }

    /// <summary>Moves the first-token model a step towards its prior, when nothing was heard for long: a recovered deployment must look worth a try.</summary>
    public void Shrink(float share)
    {
        BaseTtft += share * ((float)(_prior.BaseTtftMs * 1e-3) - BaseTtft) * (BaseTtft > _prior.BaseTtftMs * 1e-3 ? 1 : 0);
        QueueCoupling += share * (1 - QueueCoupling) * (QueueCoupling > 1 ? 1 : 0);
    }

    private static float Step(float measured, float predicted, float gain) =>
        MathF.Pow(Math.Clamp(measured / MathF.Max(predicted, 1e-6f), 0.5f, 2), gain);

    private static float Bound(float value, double prior)
    {
        var low = (float)prior / LearnedRange;
        return Math.Clamp(value, low, (float)prior * LearnedRange);
    }
}
