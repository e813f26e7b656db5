using System.Runtime.CompilerServices;
using RouterDaemon.Core.Routing;

namespace RouterDaemon.Core.State;

/// <content>What happens to requests: reserve, first token, tokens, end.</content>
public sealed partial class DeploymentState
{
    private const long StaleNs = 30 * SecondNs;

    /// <summary>
    /// Counts the request in, under the cap; otherwise says why not, and nothing is counted. One short exclusion is cheaper than an interlocked operation
    /// for each of the counters, and nobody ever sees a count above the cap.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MaskReason TryReserve(int maxInFlight, in RouteLease lease)
    {
        Enter();
        ref var c = ref Counters;
        if (lease.StartNs < _usableFromNs || c.InFlight >= EffectiveCap(maxInFlight))
        {
            // Read inside: a moment later it may be usable, and "no reason" would mean that the request was counted in.
            var refusal = lease.StartNs >= _usableFromNs ? MaskReason.Full : _openings > 0 ? MaskReason.Breaker : MaskReason.Down;
            Exit();
            return refusal;
        }

        c.InFlight++;
        if (c.Unanswered++ == 0)
            c.ProgressNs = c.HeadNs = lease.StartNs;
        c.PrefillTokens += lease.Uncached;
        c.PrefillWorkUs += lease.WorkUs;
        c.KvTokens += lease.KvTokens;
        c.TokenClock += lease.Uncached;
        PublishCounters();
        Exit();
        return MaskReason.None;
    }

    /// <summary>Why the deployment is out of use now, if it is: drained, breaker, trial under way, marked down.</summary>
    internal MaskReason Guard(long nowNs) =>
        _drained ? MaskReason.Drained
        : nowNs < UsableFromNs ? IsHalfOpen ? MaskReason.Breaker : MaskReason.Down
        : IsHalfOpen && Volatile.Read(ref Counters.Trial) != 0 ? MaskReason.Breaker : MaskReason.None;

    /// <summary>In half-open state one request at a time may try; true when this one may (or the breaker is closed).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryBeginTrial(out bool isTrial)
    {
        isTrial = _openings > 0;
        return !isTrial || Interlocked.CompareExchange(ref Counters.Trial, 1, 0) == 0;
    }

    internal void EndTrial() => Volatile.Write(ref Counters.Trial, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int EffectiveCap(int maxInFlight)
    {
        var learned = _cap > 0 ? Math.Max(1, (int)_cap) : int.MaxValue;
        return maxInFlight > 0 ? Math.Min(maxInFlight, learned) : learned;
    }

    internal void Answered(in RouteLease lease, long nowNs)
    {
        Enter();
        CountAnswered(in lease, nowNs);
        Counters.Lost += lease.IsLost ? 1 : 0;
        PublishCounters();
        Exit();
    }

    internal void Release(in RouteLease lease, long nowNs)
    {
        Enter();
        if (!lease.HasFirstToken)
            CountAnswered(in lease, nowNs);
        Counters.KvTokens -= lease.KvTokens;
        Counters.InFlight--;
        Counters.Lost -= lease.IsLost ? 1 : 0;
        PublishCounters();
        Exit();
    }

    private void CountAnswered(in RouteLease lease, long nowNs)
    {
        ref var c = ref Counters;
        c.Unanswered--;
        c.PrefillTokens -= lease.Uncached;
        c.PrefillWorkUs -= lease.WorkUs;
        c.AnsweredWorkUs += lease.WorkUs;
        c.ProgressNs = c.HeadNs = nowNs;
    }

    internal void Progress(long nowNs)
    {
        Volatile.Write(ref Counters.ProgressNs, nowNs);
        PublishProgress(nowNs);
    }

    internal void AddKv(int tokens)
    {
        Enter();
        Counters.KvTokens += tokens;
        Exit();
    }

    internal void LearnFirstToken(float seconds, float uncached, float cached, float ahead, float extra, long nowNs)
    {
        Enter();
        Model.LearnFirstToken(seconds, uncached, cached, ahead, extra);
        Memory.AddFirstToken(seconds);
        _lastSampleNs = nowNs;
        PublishAndExit();
        Ttft.Record(seconds * 1e3);
    }

    internal void LearnGap(float seconds, float streams, float work, long nowNs)
    {
        Enter();
        Model.LearnGap(seconds, streams, work, nowNs);
        PublishAndExit();
    }

    /// <summary>A request ended well. Closes the breaker, lets a learned cap grow.</summary>
    internal void LearnSuccess(float seconds, int outputTokens, int inFlight, long nowNs)
    {
        Enter();
        Model.LearnService(seconds);
        Memory.AddRequest(seconds, nowNs);
        if (outputTokens > 0)
            _outputTokens += 0.02f * (outputTokens - _outputTokens);
        _failureRate *= 0.95f;
        _consecutiveFailures = 0;
        _openings = 0;
        if (_cap > 0 && inFlight >= _cap - 1)
            _cap += 1 / _cap;
        _lastSampleNs = nowNs;
        PublishAndExit();
        Latency.Record(seconds * 1e3);
    }

    /// <summary>A request ended badly through the deployment's fault.</summary>
    internal void LearnFailure(long nowNs)
    {
        Enter();
        _failureRate += 0.1f * (1 - _failureRate);
        // Half open: the trial failed, so the next opening is twice as long. Failures of requests sent before it opened add nothing.
        if (_openings > 0 ? nowNs >= _usableFromNs : ++_consecutiveFailures >= FailuresToOpen)
        {
            var open = Math.Min(FirstOpenNs << Math.Min(_openings, 8), LongestOpenNs);
            _openings++;
            _consecutiveFailures = 0;
            RestUntil(nowNs + open);
        }

        PublishAndExit();
    }

    /// <summary>Refused for load. No fault, but a limit learned: back off to 70 % and rest as long as asked.</summary>
    internal void LearnRefusal(long retryAfterNs, int inFlight, ulong jitter, long nowNs)
    {
        const long DefaultRestNs = SecondNs / 4;
        Enter();
        _cap = Math.Max(1, 0.7f * Math.Max(inFlight, 1));
        _failureRate += 0.03f * (1 - _failureRate);
        // Without Retry-After (llm-d gives none): 125..375 ms, so that callers do not come back together.
        RestUntil(nowNs + (retryAfterNs > 0 ? retryAfterNs : (DefaultRestNs / 2) + (long)(jitter % DefaultRestNs)));
        PublishAndExit();
    }

    internal void LearnUsage(int cached, int promptTokens, int promptBytes, int matched)
    {
        Enter();
        if (matched >= 64 && cached >= 0)
            _hitRatio = Math.Clamp(_hitRatio + (0.05f * (Math.Clamp((float)cached / matched, 0, 1) - _hitRatio)), 0.02f, 1);
        if (promptTokens >= 16 && promptBytes > 0)
            _bytesPerToken += 0.05f * (Math.Clamp((float)promptBytes / promptTokens, 0.5f, 16) - _bytesPerToken);
        PublishAndExit();
    }

    /// <summary>Once a second at most: decays failures, and drifts a silent deployment's estimates towards the prior.</summary>
    internal void TickIfDue(long nowNs)
    {
        if (nowNs >= Volatile.Read(ref _tickNs))
            Tick(nowNs);
    }

    private void Tick(long nowNs)
    {
        Enter();
        var elapsed = _tickNs == 0 ? 0 : Math.Min((nowNs - _tickNs + SecondNs) / (float)SecondNs, 3600);
        if (nowNs >= _tickNs)
        {
            Volatile.Write(ref _tickNs, nowNs + SecondNs);
            if (_openings == 0 && nowNs >= _usableFromNs)
                Volatile.Write(ref _usableFromNs, 0);
            _failureRate *= MathF.Pow(0.5f, elapsed / FailureHalfLifeSeconds);
            Model.ForgetSlowdown(elapsed);
            if (nowNs - _lastSampleNs > StaleNs && Unanswered == 0)
                Model.Shrink(1 - MathF.Pow(0.5f, elapsed / 15));
            UpdateGaugeWait(nowNs);
        }

        PublishAndExit();
    }
}
