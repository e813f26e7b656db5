using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Core.Routing;

/// <content>What happens to a chosen request: counted in, first token, tokens, end.</content>
public sealed partial class Router
{
    /// <summary>
    /// Gaps are learned in batches of this many tokens, in practice once for each answer: prefill falls in lumps, and answers that run side by side see
    /// the same lump.
    /// </summary>
    private const int GapBatch = 256;

    /// <summary>The rest of a batch, at the end of an answer, counts from this many tokens on.</summary>
    private const int LeastGapBatch = 4;

    /// <summary>The first content arrived. Later calls for the same lease do nothing.</summary>
    public void OnFirstToken(ref RouteLease lease, long nowNs)
    {
        if (lease.State is not { } state || lease.FirstTokenNs != 0)
            return;
        lease.FirstTokenNs = Math.Max(nowNs, 1);
        lease.GapStartNs = nowNs;
        lease.Tokens = 1;
        state.Answered(lease.Uncached, lease.WorkUs, nowNs);
        lease.WorkMarkUs = Volatile.Read(ref state.Counters.AnsweredWorkUs);
        state.LearnFirstToken((nowNs - lease.StartNs) * 1e-9f, lease.Uncached, lease.Cached, lease.AheadSeconds, lease.ExtraSeconds, nowNs);
    }

    /// <summary><paramref name="tokens"/> more tokens arrived (a chunk counts as one unless the backend says otherwise).</summary>
    public void OnTokens(ref RouteLease lease, int tokens, long nowNs)
    {
        if (lease.State is not { } state || tokens <= 0)
            return;
        if (lease.FirstTokenNs == 0)
            OnFirstToken(ref lease, nowNs);
        lease.Tokens += tokens;
        lease.GapTokens += tokens;
        lease.GapStreams += state.InFlight - 1;
        lease.GapReports++;
        state.Progress(nowNs);
        if (lease.GapTokens >= GapBatch)
            CloseGap(ref lease, nowNs);
    }

    /// <summary>The attempt ended: gives everything back and teaches the estimators. Again, or on a default lease: does nothing.</summary>
    public void OnFinished(ref RouteLease lease, in RouteOutcome outcome, long nowNs)
    {
        if (lease.State is not { } state)
            return;
        var inFlight = state.InFlight;
        if (lease.FirstTokenNs == 0)
            state.Answered(lease.Uncached, lease.WorkUs, nowNs);
        else if (lease.GapTokens > 0)
            CloseGap(ref lease, nowNs);
        state.Release(lease.KvTokens);
        if (lease.IsTrial)
            state.EndTrial();
        lease.State = null;

        var seconds = Math.Max(0, nowNs - lease.StartNs) * 1e-9f;
        switch (outcome.Kind)
        {
            case OutcomeKind.Success:
                var completion = outcome.CompletionTokens > 0 ? outcome.CompletionTokens : lease.Tokens;
                state.LearnSuccess(seconds, completion, inFlight, nowNs);
                state.LearnUsage(outcome.CachedTokens, outcome.PromptTokens, lease.PromptBytes, lease.MatchedTokens);
                if (lease.GapTotal > 0)
                    state.Itl.Record(lease.GapSeconds * 1e3 / lease.GapTotal);
                LearnOutput(lease.TaskClass, completion);
                break;
            case OutcomeKind.UpstreamError or OutcomeKind.Timeout:
                state.LearnFailure(nowNs);
                break;
            case OutcomeKind.RateLimited:
                state.LearnRefusal(outcome.RetryAfterNs, inFlight, (ulong)lease.Sequence * 0x9E3779B97F4A7C15, nowNs);
                break;
        }
    }

    private static void CloseGap(ref RouteLease lease, long nowNs)
    {
        var state = lease.State!;
        var seconds = (nowNs - lease.GapStartNs) * 1e-9f;
        var answered = Volatile.Read(ref state.Counters.AnsweredWorkUs);
        if (lease.GapTokens >= LeastGapBatch)
        {
            var work = (answered - lease.WorkMarkUs) * 1e-6f;
            state.LearnGap(seconds / lease.GapTokens, (float)lease.GapStreams / lease.GapReports, work / lease.GapTokens, nowNs);
        }

        lease.GapSeconds += seconds;
        lease.GapTotal += lease.GapTokens;
        state.AddKv(lease.GapTokens);
        lease.KvTokens += lease.GapTokens;
        (lease.GapTokens, lease.GapStreams, lease.GapReports) = (0, 0, 0);
        (lease.GapStartNs, lease.WorkMarkUs) = (nowNs, answered);
    }

    private void LearnOutput(TaskClass taskClass, int tokens)
    {
        ref var mean = ref _outputTokens[(int)taskClass & 7];
        // A lost update among threads is a lost sample of thousands.
        Volatile.Write(ref mean, mean + (0.02f * (Math.Clamp(tokens, 1, 100_000) - mean)));
    }

    private void Conclude(
        ref PolicyContext context, DeploymentEntry entry, bool isTrial, ReadOnlySpan<ulong> prefixHashes, ref RouteDecision decision, out RouteLease lease)
    {
        ref readonly var request = ref context.Request;
        var state = entry.State;
        decision.Winner = context.Usable[context.Winner];
        decision.Explored = context.Explored;
        decision.Trial = isTrial;
        if (context.RunnerUp >= 0 && context.RunnerUp != context.Winner)
        {
            decision.RunnerUp = context.Usable[context.RunnerUp];
            Pricing.Evaluate(ref context, context.RunnerUp, out decision.RunnerUpTerms);
        }

        ref readonly var terms = ref decision.WinnerTerms;
        var cached = (int)terms.CachedTokens;
        lease = new RouteLease
        {
            State = state,
            StartNs = context.NowNs,
            Sequence = decision.Sequence,
            Cached = cached,
            Uncached = Math.Max(0, request.PromptTokens - cached),
            MatchedTokens = (int)context.MatchedAt(context.Winner),
            PromptTokens = request.PromptTokens,
            PromptBytes = request.PromptBytes,
            TaskClass = request.TaskClass,
            KvTokens = request.PromptTokens,
            WorkUs = (int)Math.Clamp(terms.PrefillMs * 1e3f, 0, 2e9f),
            AheadSeconds = state.AheadSeconds(),
            ExtraSeconds = state.SlotWait(entry.Slots),
            IsTrial = isTrial,
        };
        state.Dispatch(lease.Uncached, lease.KvTokens, lease.WorkUs, context.NowNs);
        if (_prefixes is null)
            return;
        if (!prefixHashes.IsEmpty)
            _prefixes.Insert(prefixHashes, state);
        if (request.SessionHash != 0)
            _prefixes.Insert(new ReadOnlySpan<ulong>(in request.SessionHash), state);
    }
}
