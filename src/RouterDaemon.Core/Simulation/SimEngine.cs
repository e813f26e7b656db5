namespace RouterDaemon.Core.Simulation;

/// <summary>
/// An inference engine, step by step: a step takes t0 + prefill tokens * c_pf + sum(chunk * context) * c_attn + decoding sequences * c_dec + KV tokens * c_kv.
/// Prefill is chunked under a token budget, admission is first come first served and bounded by sequences and KV tokens. Prefill and decode share steps,
/// so a long prompt slows every running answer: the interference that routing has to see.
/// </summary>
internal sealed class SimEngine
{
    /// <summary>Tokens reported at once, as a router that batches its gap samples sees them.</summary>
    public const int ReportTokens = 16;

    private const double MsToNs = 1e6;
    private readonly SimTrace _trace;
    private SimReplica _spec;
    private SimBlockCache? _cache;
    private readonly bool _ownsCache;
    private int[] _waiting = new int[64];
    private int _waitingHead;
    private int _waitingCount;
    private int[] _prefillId = new int[16];
    private int[] _prefillDone = new int[16];
    private int[] _prefillCached = new int[16];
    private int[] _prefillChunk = new int[16];
    private int _prefillCount;
    private int[] _decodeId = new int[64];
    private int[] _decodeLeft = new int[64];
    private int _decodeCount;
    private long _kvReserved;
    private long _kvDecoding;
    private int _decodeInStep;

    public SimEngine(SimReplica spec, SimTrace trace)
    {
        _spec = spec;
        _trace = trace;
        _ownsCache = true;
        if (trace.BlockTokens > 0)
            _cache = new SimBlockCache(spec.CacheBlocks > 0 ? spec.CacheBlocks : spec.KvTokens / trace.BlockTokens);
    }

    /// <summary>A copy whose future can be looked at; it reads the original's prefix cache and does not change it.</summary>
    public SimEngine(SimEngine other)
    {
        _trace = other._trace;
        _spec = other._spec;
        Become(other);
    }

    /// <summary>When the step under way ends; <see cref="long.MaxValue"/> = idle.</summary>
    public long StepEndNs { get; private set; } = long.MaxValue;

    public int WaitingCount => _waitingCount;

    public int RunningCount => _prefillCount + _decodeCount;

    public double KvUsage => Math.Min(1, _kvReserved / (double)_spec.KvTokens);

    /// <summary>Prompt tokens not yet computed of everything waiting or in prefill.</summary>
    public long OutstandingTokens { get; private set; }

    /// <summary>Takes over another engine's state; only for copies.</summary>
    public void Become(SimEngine other)
    {
        (_spec, _cache) = (other._spec, other._cache);
        Copy(ref _waiting, other._waiting, other._waiting.Length);
        (_waitingHead, _waitingCount) = (other._waitingHead, other._waitingCount);
        Copy(ref _prefillId, other._prefillId, other._prefillCount);
        Copy(ref _prefillDone, other._prefillDone, other._prefillCount);
        Copy(ref _prefillCached, other._prefillCached, other._prefillCount);
        Copy(ref _prefillChunk, other._prefillChunk, other._prefillCount);
        _prefillCount = other._prefillCount;
        Copy(ref _decodeId, other._decodeId, other._decodeCount);
        Copy(ref _decodeLeft, other._decodeLeft, other._decodeCount);
        (_decodeCount, _decodeInStep) = (other._decodeCount, other._decodeInStep);
        (_kvReserved, _kvDecoding, StepEndNs, OutstandingTokens) = (other._kvReserved, other._kvDecoding, other.StepEndNs, other.OutstandingTokens);
    }

    public void Enqueue(int request, long nowNs)
    {
        if (_waitingCount == _waiting.Length)
            GrowWaiting();
        _waiting[(_waitingHead + _waitingCount++) % _waiting.Length] = request;
        OutstandingTokens += _trace.InputTokens[request];
        if (StepEndNs == long.MaxValue)
            StartStep(nowNs);
    }

    /// <summary>The step ends: tokens come out, finished requests leave, the next step starts.</summary>
    public void EndStep(ISimSink sink)
    {
        var now = StepEndNs;
        EndDecode(sink, now);
        EndPrefill(sink, now);
        StartStep(now);
    }

    private static void Copy(ref int[] to, int[] from, int count)
    {
        if (to.Length < from.Length)
            to = new int[from.Length];
        Array.Copy(from, to, count);
    }

    private void EndDecode(ISimSink sink, long now)
    {
        _kvDecoding += _decodeInStep;
        for (var i = _decodeInStep - 1; i >= 0; i--)
        {
            var left = --_decodeLeft[i];
            if ((left & (ReportTokens - 1)) != 0)
                continue;
            var id = _decodeId[i];
            sink.Tokens(id, Math.Min(ReportTokens, _trace.OutputTokens[id] - 1 - left), now);
            if (left > 0)
                continue;
            _kvDecoding -= _trace.InputTokens[id] + _trace.OutputTokens[id];
            _decodeCount--;
            _decodeId[i] = _decodeId[_decodeCount];
            _decodeLeft[i] = _decodeLeft[_decodeCount];
            Leave(id, sink, now);
        }
    }

    private void EndPrefill(ISimSink sink, long now)
    {
        var kept = 0;
        for (var i = 0; i < _prefillCount; i++)
        {
            var id = _prefillId[i];
            var done = _prefillDone[i] + _prefillChunk[i];
            OutstandingTokens -= _prefillChunk[i];
            if (done < _trace.InputTokens[id])
            {
                (_prefillId[kept], _prefillDone[kept], _prefillCached[kept], _prefillChunk[kept]) = (id, done, _prefillCached[i], 0);
                kept++;
                continue;
            }

            if (_ownsCache)
                _cache?.Touch(_trace.Blocks(id));
            sink.FirstToken(id, _prefillCached[i], now);
            if (_trace.OutputTokens[id] == 1)
            {
                Leave(id, sink, now);
                continue;
            }

            if (_decodeCount == _decodeId.Length)
            {
                Array.Resize(ref _decodeId, _decodeCount * 2);
                Array.Resize(ref _decodeLeft, _decodeCount * 2);
            }

            _decodeId[_decodeCount] = id;
            _decodeLeft[_decodeCount++] = _trace.OutputTokens[id] - 1;
            _kvDecoding += _trace.InputTokens[id] + 1;
        }

        _prefillCount = kept;
    }

    private void Leave(int id, ISimSink sink, long now)
    {
        _kvReserved -= _trace.InputTokens[id] + _trace.OutputTokens[id];
        sink.Finished(id, now);
    }

    private void StartStep(long now)
    {
        Admit();
        if (_prefillCount + _decodeCount == 0)
        {
            StepEndNs = long.MaxValue;
            return;
        }

        _decodeInStep = _decodeCount;
        long budget = _spec.PrefillBudget - _decodeCount;
        long prefill = 0;
        double pairs = 0;
        for (var i = 0; i < _prefillCount; i++)
        {
            var chunk = (int)Math.Clamp(_trace.InputTokens[_prefillId[i]] - _prefillDone[i], 0, Math.Max(budget, 0));
            _prefillChunk[i] = chunk;
            budget -= chunk;
            prefill += chunk;
            pairs += chunk * (_prefillDone[i] + (0.5 * chunk));
        }

        var ms = _spec.T0Ms + (_spec.PrefillUsPerToken * 1e-3 * prefill) + (_spec.AttentionNs * 1e-6 * pairs)
            + (_spec.DecodeMsPerSeq * _decodeCount) + (_spec.KvNs * 1e-6 * _kvDecoding);
        var factor = _spec.Stall.At(now * 1e-9, out var ends);
        StepEndNs = double.IsInfinity(factor) ? (long)(ends * 1e9) + (long)(ms * MsToNs) : now + (long)(ms * factor * MsToNs);
    }

    private void Admit()
    {
        while (_waitingCount > 0 && _prefillCount + _decodeCount < _spec.MaxSeqs)
        {
            var id = _waiting[_waitingHead];
            var need = _trace.InputTokens[id] + _trace.OutputTokens[id];
            if (_kvReserved + need > _spec.KvTokens && _prefillCount + _decodeCount > 0)
                return;
            _waitingHead = (_waitingHead + 1) % _waiting.Length;
            _waitingCount--;
            _kvReserved += need;
            var cached = 0;
            if (_cache is not null)
            {
                var blocks = _trace.Blocks(id);
                var match = _cache.Match(blocks);
                if (_ownsCache)
                    _cache.Touch(blocks[..match]);
                cached = Math.Min(match * _trace.BlockTokens, _trace.InputTokens[id] - 1);
            }

            if (_prefillCount == _prefillId.Length)
            {
                Array.Resize(ref _prefillId, _prefillCount * 2);
                Array.Resize(ref _prefillDone, _prefillCount * 2);
                Array.Resize(ref _prefillCached, _prefillCount * 2);
                Array.Resize(ref _prefillChunk, _prefillCount * 2);
            }

            OutstandingTokens -= cached;
            (_prefillId[_prefillCount], _prefillDone[_prefillCount], _prefillCached[_prefillCount]) = (id, cached, cached);
            _prefillCount++;
        }
    }

    private void GrowWaiting()
    {
        var grown = new int[_waiting.Length * 2];
        for (var i = 0; i < _waitingCount; i++)
            grown[i] = _waiting[(_waitingHead + i) % _waiting.Length];
        (_waiting, _waitingHead) = (grown, 0);
    }
}
