using System.Runtime.CompilerServices;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
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

    /// <summary>The same where no prefill falls in between: there a short batch shows the beginning and the end of a slow time sooner.</summary>
    private const int SteadyGapBatch = 32;

    /// <summary>Where no prefill explains a long gap, a batch that takes longer than a whole one should is closed early, from this many tokens on: a slow time.</summary>
    private const int EarlyGapBatch = 16;

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
        lease.IsLost = lease.SloTtft > 0 && (nowNs - lease.StartNs) * 1e-9f > lease.SloTtft;
        lease.GapLimitNs = GapLimit(in lease, nowNs);
        state.Answered(in lease, nowNs);
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
        lease.LastTokenNs = nowNs;
        state.Progress(nowNs);
        if (lease.GapTokens >= BatchOf(state) || (nowNs > lease.GapLimitNs && lease.GapTokens >= EarlyGapBatch && state.Model.IsSteady))
            CloseGap(ref lease, nowNs);
    }

    /// <summary>The attempt ended: gives everything back and teaches the estimators. Again, or on a default lease: does nothing.</summary>
    public void OnFinished(ref RouteLease lease, in RouteOutcome outcome, long nowNs)
    {
        if (lease.State is not { } state)
            return;
        var inFlight = state.InFlight;
        if (lease.FirstTokenNs != 0 && lease.GapTokens > 0)
            CloseGap(ref lease, nowNs);
        state.Release(in lease, nowNs);
        if (lease.IsTrial)
            state.EndTrial();
        Settle(in lease, outcome.CostUsd);
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
        lease.GapLimitNs = GapLimit(in lease, nowNs);
    }

    private static long GapLimit(in RouteLease lease, long nowNs) => nowNs + (long)(BatchOf(lease.State!) * lease.PredictedItl * 1e9f);

    private static int BatchOf(DeploymentState state) => state.Model.IsSteady ? SteadyGapBatch : GapBatch;

    private void LearnOutput(TaskClass taskClass, int tokens)
    {
        ref var mean = ref _outputTokens[(int)taskClass & 7];
        // A lost update among threads is a lost sample of thousands.
        Volatile.Write(ref mean, mean + (0.02f * (Math.Clamp(tokens, 1, 100_000) - mean)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prepare(
        ref readonly PolicyContext context, in TermLanes prices, DeploymentEntry entry, in RouteDecision decision, out RouteLease lease)
    {
        ref readonly var request = ref context.Request;
        ref readonly var terms = ref decision.WinnerTerms;
        var state = entry.State;
        // Each field by itself: clearing the whole, which may lie on the heap and holds references, is a call that costs more than all of these.
        lease.State = state;
        lease.StartNs = context.NowNs;
        lease.FirstTokenNs = 0;
        lease.GapStartNs = 0;
        lease.LastTokenNs = 0;
        lease.WorkMarkUs = 0;
        lease.GapLimitNs = 0;
        lease.Sequence = decision.Sequence;
        lease.Tokens = 0;
        lease.GapTokens = 0;
        lease.GapStreams = 0;
        lease.GapReports = 0;
        lease.GapTotal = 0;
        lease.GapSeconds = 0;
        lease.IsLost = false;
        lease.IsTrial = false;
        lease.Budgets = null;
        lease.CallerBudgets = null;
        lease.ReservedUsd = 0;
        lease.Cached = 0;
        lease.MatchedTokens = 0;
        if (context.HasMatches)
        {
            lease.Cached = (int)terms.CachedTokens;
            lease.MatchedTokens = (int)context.MatchedAt(context.Winner);
        }

        lease.Uncached = Math.Max(0, request.PromptTokens - lease.Cached);
        lease.PromptTokens = request.PromptTokens;
        lease.PromptBytes = request.PromptBytes;
        lease.TaskClass = request.TaskClass;
        lease.KvTokens = request.PromptTokens;
        lease.WorkUs = (int)Math.Clamp(terms.PrefillMs * 1e3f, 0, 2e9f);
        lease.AheadSeconds = Lanes8.At(in prices.Ahead, context.Winner % LaneBlock.Width);
        lease.SloTtft = context.SloTtft;
        lease.PredictedItl = terms.ItlMs * 1e-3f;
        lease.ExtraSeconds = state.SlotWait(entry.Slots);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Conclude(
        ref readonly PolicyContext context, DeploymentEntry entry, in RouteLease lease, ReadOnlySpan<ulong> prefixHashes, ref RouteDecision decision)
    {
        decision.Winner = context.Number(context.Winner);
        decision.Explored = context.Explored;
        decision.Trial = lease.IsTrial;
        if (context.RunnerUp >= 0 && context.RunnerUp != context.Winner)
        {
            decision.RunnerUp = context.Number(context.RunnerUp);
            Pricing.Extract(in context, in context.PriceOf(context.RunnerUp), context.RunnerUp % LaneBlock.Width, out decision.RunnerUpTerms);
        }

        if (_prefixes is not { } prefixes)
            return;
        if (!prefixHashes.IsEmpty)
            prefixes.Insert(prefixHashes, entry.State);
        ref readonly var session = ref context.Request.SessionHash;
        if (session != 0)
            prefixes.Insert(new ReadOnlySpan<ulong>(in session), entry.State);
    }
}
