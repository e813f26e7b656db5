using System.Runtime.CompilerServices;
using System.Numerics;
using System.Runtime.Intrinsics;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Core.Routing;

/// <summary>
/// Chooses a deployment for each request and learns from what became of it. Safe from any thread; a decision and its events allocate nothing once a
/// thread has decided for a fleet of that size before.
/// </summary>
public sealed partial class Router
{
    private readonly RouterOptions _options;
    private readonly IRoutingPolicy[] _policies;
    private readonly PrefixTable? _prefixes;
    private readonly float[] _outputTokens = new float[8];
    private readonly int _defaultPolicy;
    private long _sequence;

    /// <summary>Makes a router. <see cref="ArgumentException"/>: the options name a policy that does not exist.</summary>
    public Router(RouterOptions options)
        : this(options, null)
    {
    }

    /// <summary>A router whose default policy is one that no table has: the simulator's ceiling.</summary>
    internal Router(RouterOptions options, IRoutingPolicy? only)
    {
        _options = options;
        _defaultPolicy = RoutingPolicies.IndexOf(options.Policy);
        if (_defaultPolicy < 0)
            throw new ArgumentException($"routing policy \"{options.Policy}\" does not exist", nameof(options));
        _policies = new IRoutingPolicy[RoutingPolicies.Table.Count];
        for (var i = 0; i < _policies.Length; i++)
            _policies[i] = only ?? RoutingPolicies.Table[i].Create(options);
        _prefixes = options.PrefixTableEntries > 0 ? new PrefixTable(options.PrefixTableEntries, options.PrefixTableSlots) : null;
        Array.Fill(_outputTokens, 300);
    }

    /// <summary>Decisions taken.</summary>
    public long Decisions => Volatile.Read(ref _sequence);

    /// <summary>
    /// Chooses among <paramref name="candidates"/>. On <see cref="RouteResult.Chosen"/> the deployment's counters have moved and the lease must be finished
    /// by <see cref="OnFinished"/>.
    /// </summary>
    /// <param name="candidates">Who may serve it.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="prefixHashes">Hashes of the prompt's prefix.</param>
    /// <param name="nowNs">The router's clock.</param>
    /// <param name="decision">What was decided, and from what.</param>
    /// <param name="lease">What the request holds.</param>
    /// <param name="callerBudgets">Budgets of the caller, which count besides those of the deployment; null = none.</param>
    /// <param name="reports">Receives what <see cref="Explain"/> would have said before the choice, a row for each candidate; empty = nobody asks.</param>
    public RouteResult Choose(
        CandidateSet candidates, in RouteRequest request, ReadOnlySpan<ulong> prefixHashes, long nowNs, ref RouteDecision decision, out RouteLease lease,
        BudgetState[]? callerBudgets = null, Span<CandidateReport> reports = default)
    {
        decision.Begin(Interlocked.Increment(ref _sequence), nowNs, candidates);
        decision.Policy = request.Policy > 0 && request.Policy <= _policies.Length ? request.Policy - 1 : _defaultPolicy;
        var scratch = RouterScratch.Get(candidates.Blocks.Length);
        var output = ExpectedOutput(in request);
        decision.Usable = Mask(candidates, in request, output, nowNs, scratch.Usable, ref decision);
        if (reports.Length > 0 && decision.Usable != candidates.Count)
        {
            // Masked ones are priced too, which the choice does not do.
            Explain(candidates, in request, prefixHashes, nowNs, reports);
            reports = default;
            Restore(candidates, in request, output, nowNs, scratch.Usable);
        }

        if (decision.Usable == 0)
        {
            (decision.WinnerTerms, lease) = (default, default);
            return RouteResult.NothingUsable;
        }

        var random = request.Seed ^ ((ulong)decision.Sequence * 0x9E3779B97F4A7C15) ^ _options.Seed;
        var context = new PolicyContext(candidates, scratch, in request, nowNs, decision.Usable, output, decision.Sequence, random);
        if (!prefixHashes.IsEmpty || request.SessionHash != 0)
            FindPrefixes(ref context, scratch, prefixHashes);
        context.MayExplore = _options.Exploration > 0 && context.NextDouble() < _options.Exploration;
        while (context.UsableCount > 0)
        {
            context.RunnerUp = -1;
            context.Explored = false;
            _policies[decision.Policy].Select(ref context);
            if (reports.Length > 0)
            {
                Report(in context, reports);
                reports = default;
            }

            // Before it counts itself.
            ref readonly var prices = ref context.PriceOf(context.Winner);
            Pricing.Extract(in context, in prices, context.Winner % LaneBlock.Width, out decision.WinnerTerms);
            var entry = context.Entry(context.Winner);
            Prepare(in context, in prices, entry, in decision, out lease);
            var refusal = entry.Budgets.Length > 0 || callerBudgets is not null
                ? Reserve(entry, callerBudgets, CandidateMask.MostCostUsd(entry, in request, output), ref lease)
                : ReservePlace(entry, ref lease);
            if (refusal == MaskReason.None)
            {
                Conclude(in context, entry, in lease, prefixHashes, ref decision);
                return RouteResult.Chosen;
            }

            // A budget has no room, or another thread took the last place between mask and reservation.
            decision.Masked |= refusal;
            decision.MaskCounts.Add(refusal);
            decision.WaitingHelps |= (refusal & CandidateMask.Passing) != 0;
            context.Remove(context.Winner);
        }

        decision.Usable = 0;
        (decision.WinnerTerms, lease) = (default, default);
        return RouteResult.NothingUsable;
    }

    /// <summary>
    /// Prices every candidate without choosing one; masked ones too. Returns the rows written: as many as there are candidates, or as fit. Changes nothing.
    /// </summary>
    public int Explain(
        CandidateSet candidates, in RouteRequest request, ReadOnlySpan<ulong> prefixHashes, long nowNs, Span<CandidateReport> reports)
    {
        var rows = Math.Min(candidates.Count, reports.Length);
        var scratch = RouterScratch.Get(candidates.Blocks.Length);
        var output = ExpectedOutput(in request);
        candidates.Masks.CopyTo(scratch.Usable, 0);
        foreach (var block in candidates.Blocks)
            block.TickIfDue(nowNs);
        var context = new PolicyContext(candidates, scratch, in request, nowNs, candidates.Count, output, sequence: 0, random: 0);
        FindPrefixes(ref context, scratch, prefixHashes);
        context.PriceAll();
        var others = 0;
        for (var i = 0; i < rows; i++)
        {
            ref var report = ref reports[i];
            var lane = candidates.Lanes[i];
            var entry = context.Entry(lane);
            report.Deployment = candidates.Numbers[i];
            report.Masked = CandidateMask.Check(entry, report.Deployment, in request, output, nowNs);
            report.InFlight = entry.State.InFlight;
            Pricing.Extract(in context, in context.PriceOf(lane), lane % LaneBlock.Width, out report.Terms);
            others += report.Masked == MaskReason.None && !entry.LastResort ? 1 : 0;
        }

        for (var i = 0; i < rows && others > 0; i++)
        {
            if (context.Entry(candidates.Lanes[i]).LastResort)
                reports[i].Masked |= MaskReason.LastResort;
        }

        return rows;
    }

    /// <summary>Rows of candidates that are all usable, from the prices of the choice.</summary>
    private static void Report(in PolicyContext context, Span<CandidateReport> reports)
    {
        var candidates = context.Candidates;
        for (var i = 0; i < Math.Min(candidates.Count, reports.Length); i++)
        {
            ref var report = ref reports[i];
            var lane = candidates.Lanes[i];
            report.Deployment = candidates.Numbers[i];
            report.Masked = MaskReason.None;
            report.InFlight = context.State(lane).InFlight;
            Pricing.Extract(in context, in context.PriceOf(lane), lane % LaneBlock.Width, out report.Terms);
        }
    }

    /// <summary>The usable lanes once more, after an explanation has used their place; the decision has counted them already.</summary>
    private static void Restore(CandidateSet candidates, in RouteRequest request, float output, long nowNs, Span<byte> usable)
    {
        RouteDecision counted = default;
        Mask(candidates, in request, output, nowNs, usable, ref counted);
    }

    /// <summary>Forgets which prefixes a deployment holds; call it when a deployment leaves the fleet, so that its place in the table is free again.</summary>
    public void Forget(DeploymentState state) => _prefixes?.Release(state);

    /// <summary>Writes the usable lanes of each block, ticks what is due, and returns how many are usable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Mask(
        CandidateSet candidates, in RouteRequest request, float output, long nowNs, Span<byte> usable, ref RouteDecision decision)
    {
        var blocks = candidates.Blocks;
        int count = 0, lastResorts = 0;
        for (var place = 0; place < blocks.Length; place++)
        {
            var block = blocks[place];
            block.TickIfDue(nowNs);
            var bits = CandidateMask.Check(block, candidates.Masks[place], in request, output, nowNs, ref decision);
            usable[place] = (byte)bits;
            count += BitOperations.PopCount((uint)bits);
            lastResorts += BitOperations.PopCount((uint)(bits & block.LastResorts));
        }

        if (lastResorts == 0 || lastResorts == count)
            return count;
        for (var place = 0; place < blocks.Length; place++)
            usable[place] &= (byte)~blocks[place].LastResorts;
        decision.Masked |= MaskReason.LastResort;
        decision.MaskCounts[BitOperations.TrailingZeroCount((uint)MaskReason.LastResort)] = (ushort)lastResorts;
        return count - lastResorts;
    }

    private static MaskReason Reserve(DeploymentEntry entry, BudgetState[]? callerBudgets, double mostUsd, ref RouteLease lease)
    {
        if (!TryReserveMoney(entry.Budgets, mostUsd))
            return MaskReason.Budget;
        if (callerBudgets is not null && !TryReserveMoney(callerBudgets, mostUsd))
        {
            Settle(entry.Budgets, mostUsd, 0);
            return MaskReason.Budget;
        }

        (lease.Budgets, lease.CallerBudgets, lease.ReservedUsd) = (entry.Budgets, callerBudgets, mostUsd);
        var refusal = ReservePlace(entry, ref lease);
        if (refusal != MaskReason.None)
            Settle(in lease, 0);
        return refusal;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MaskReason ReservePlace(DeploymentEntry entry, ref RouteLease lease)
    {
        if (!entry.State.TryBeginTrial(out lease.IsTrial))
            return MaskReason.Breaker;
        var refusal = entry.State.TryReserve(entry.MaxInFlight, in lease);
        if (refusal != MaskReason.None && lease.IsTrial)
            entry.State.EndTrial();
        return refusal;
    }

    private static bool TryReserveMoney(BudgetState[] budgets, double usd)
    {
        for (var i = 0; i < budgets.Length; i++)
        {
            if (budgets[i].TryReserve(usd))
                continue;
            while (--i >= 0)
                budgets[i].Settle(usd, 0);
            return false;
        }

        return true;
    }

    private static void Settle(in RouteLease lease, double actualUsd)
    {
        Settle(lease.Budgets, lease.ReservedUsd, actualUsd);
        if (lease.CallerBudgets is not null)
            Settle(lease.CallerBudgets, lease.ReservedUsd, actualUsd);
    }

    private static void Settle(BudgetState[]? budgets, double reservedUsd, double actualUsd)
    {
        foreach (var budget in budgets ?? [])
            budget.Settle(reservedUsd, actualUsd);
    }

    private void FindPrefixes(ref PolicyContext context, RouterScratch scratch, ReadOnlySpan<ulong> prefixHashes)
    {
        if (_prefixes is null)
            return;
        ref readonly var request = ref context.Request;
        var blocks = context.Candidates.Blocks;
        if (!prefixHashes.IsEmpty)
        {
            var depths = scratch.DepthsFor(_prefixes.SlotCount);
            _prefixes.Lookup(prefixHashes, depths);
            for (var place = 0; place < blocks.Length; place++)
            {
                scratch.Matched[place] = Vector256<float>.Zero;
                for (int left = scratch.Usable[place]; left != 0; left &= left - 1)
                {
                    var lane = BitOperations.TrailingZeroCount(left);
                    var slot = blocks[place].PrefixSlot[lane];
                    if (slot > 0 && slot < depths.Length && depths[slot] != 0)
                        LaneBlock.Set(ref scratch.Matched[place], lane, CoveredTokens(in request, (int)(depths[slot] >> 16)));
                }
            }

            context.HasMatches = true;
        }

        if (request.SessionHash == 0)
            return;
        for (var place = 0; place < blocks.Length; place++)
        {
            var homes = 0;
            for (int left = scratch.Usable[place]; left != 0; left &= left - 1)
            {
                var lane = BitOperations.TrailingZeroCount(left);
                homes |= _prefixes.Contains(request.SessionHash, blocks[place].PrefixSlot[lane]) ? 1 << lane : 0;
            }

            scratch.SessionHomes[place] = (byte)homes;
        }

        context.SessionAffinityUsd = (float)_options.SessionAffinityUsd;
    }

    private static float CoveredTokens(in RouteRequest request, int depth)
    {
        if (depth == 0)
            return 0;
        var tokens = request.PrefixBlockTokens > 0
            ? (float)depth * request.PrefixBlockTokens
            : (float)PrefixHasher.BytesCovered(depth) / Math.Max(1, request.PrefixBytes) * request.PromptTokens;
        return Math.Min(tokens, request.PromptTokens);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float ExpectedOutput(in RouteRequest request)
    {
        float output = request.ExpectedOutputTokens > 0 ? request.ExpectedOutputTokens : _outputTokens[(int)request.TaskClass & 7];
        return request.MaxTokens > 0 ? Math.Min(output, request.MaxTokens) : output;
    }
}
