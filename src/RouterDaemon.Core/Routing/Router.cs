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
    private double _budgetPressure;

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
        _prefixes = options.PrefixTableEntries > 0 ? new PrefixTable(options.PrefixTableEntries) : null;
        Array.Fill(_outputTokens, 300);
    }

    /// <summary>Decisions taken.</summary>
    public long Decisions => Volatile.Read(ref _sequence);

    /// <summary>How much dearer money counts because a budget is spent too fast: 0 = not at all, 1 = twice.</summary>
    public double BudgetPressure => Volatile.Read(ref _budgetPressure);

    /// <summary>
    /// Chooses among <paramref name="candidates"/> (numbers in the snapshot). On <see cref="RouteResult.Chosen"/> the deployment's counters have moved and
    /// the lease must be finished by <see cref="OnFinished"/>.
    /// </summary>
    public RouteResult Choose(
        FleetSnapshot fleet, in RouteRequest request, ReadOnlySpan<int> candidates, ReadOnlySpan<ulong> prefixHashes, long nowNs,
        ref RouteDecision decision, out RouteLease lease)
    {
        lease = default;
        decision = new RouteDecision
        {
            Sequence = Interlocked.Increment(ref _sequence),
            NowNs = nowNs,
            FleetGeneration = fleet.Generation,
            Winner = -1,
            RunnerUp = -1,
            Candidates = candidates.Length,
            Policy = request.Policy > 0 && request.Policy <= _policies.Length ? request.Policy - 1 : _defaultPolicy,
        };
        var scratch = RouterScratch.Get(candidates.Length, _prefixes?.SlotCount ?? 0);
        var output = ExpectedOutput(in request);
        var usable = Mask(fleet, in request, candidates, output, nowNs, scratch.Usable, ref decision);
        decision.Usable = usable;
        if (usable == 0)
            return RouteResult.NothingUsable;

        var context = new PolicyContext(fleet, in request, nowNs)
        {
            OutputTokens = output,
            MoneyFactor = request.Weights.Money * (1 + (float)BudgetPressure),
            Random = request.Seed ^ ((ulong)decision.Sequence * 0x9E3779B97F4A7C15) ^ _options.Seed,
        };
        FindPrefixes(ref context, scratch, usable, prefixHashes);
        context.MayExplore = _options.Exploration > 0 && context.NextDouble() < _options.Exploration;
        while (usable > 0)
        {
            context.Usable = scratch.Usable.AsSpan(0, usable);
            context.RunnerUp = -1;
            context.Explored = false;
            _policies[decision.Policy].Select(ref context);
            var entry = context.Entry(context.Winner);
            Pricing.Evaluate(ref context, context.Winner, out decision.WinnerTerms); // before it counts itself
            Prepare(ref context, entry, in decision, out lease);
            var refusal = Reserve(entry, ref lease);
            if (refusal == MaskReason.None)
            {
                Conclude(ref context, entry, in lease, prefixHashes, ref decision);
                return RouteResult.Chosen;
            }

            lease = default;

            // Another thread took the last place between mask and reservation.
            decision.Masked |= refusal;
            decision.MaskCounts.Add(refusal);
            Remove(scratch, context.Winner, ref usable);
        }

        decision.Usable = 0;
        decision.WaitingHelps = true;
        return RouteResult.NothingUsable;
    }

    /// <summary>
    /// Prices every candidate without choosing one; masked ones too. Returns the rows written: as many as there are candidates, or as fit. Changes nothing.
    /// </summary>
    public int Explain(
        FleetSnapshot fleet, in RouteRequest request, ReadOnlySpan<int> candidates, ReadOnlySpan<ulong> prefixHashes, long nowNs,
        Span<CandidateReport> reports)
    {
        var rows = Math.Min(candidates.Length, reports.Length);
        var scratch = RouterScratch.Get(rows, _prefixes?.SlotCount ?? 0);
        var output = ExpectedOutput(in request);
        candidates[..rows].CopyTo(scratch.Usable);
        var context = new PolicyContext(fleet, in request, nowNs)
        {
            OutputTokens = output,
            MoneyFactor = request.Weights.Money * (1 + (float)BudgetPressure),
        };
        FindPrefixes(ref context, scratch, rows, prefixHashes);
        context.Usable = scratch.Usable.AsSpan(0, rows);
        var others = 0;
        for (var i = 0; i < rows; i++)
        {
            ref var report = ref reports[i];
            var entry = context.Entry(i);
            report.Deployment = candidates[i];
            report.Masked = CandidateMask.Check(entry, candidates[i], in request, output, nowNs);
            report.InFlight = entry.State.InFlight;
            Pricing.Evaluate(ref context, i, out report.Terms);
            others += report.Masked == MaskReason.None && !entry.LastResort ? 1 : 0;
        }

        for (var i = 0; i < rows && others > 0; i++)
        {
            if (context.Entry(i).LastResort)
                reports[i].Masked |= MaskReason.LastResort;
        }

        return rows;
    }

    /// <summary>Forgets which prefixes a deployment holds; call it when a deployment leaves the fleet, so that its place in the table is free again.</summary>
    public void Forget(DeploymentState state) => _prefixes?.Release(state);

    /// <summary>
    /// Moves the budget's multiplier, once a second: up while money is spent faster than budgeted, down otherwise (online dual of the budget constraint;
    /// specs, routing, section 5). A <paramref name="budgetUsdPerSecond"/> of 0 or less = no budget.
    /// </summary>
    public void UpdateBudget(double spentUsdPerSecond, double budgetUsdPerSecond)
    {
        const double Gain = 0.1, Most = 20;
        if (!(budgetUsdPerSecond > 0) || !double.IsFinite(spentUsdPerSecond))
        {
            Volatile.Write(ref _budgetPressure, 0);
            return;
        }

        var excess = Math.Clamp((spentUsdPerSecond / budgetUsdPerSecond) - 1, -1, 4);
        Volatile.Write(ref _budgetPressure, Math.Clamp(_budgetPressure + (Gain * excess), 0, Most));
    }

    private static int Mask(
        FleetSnapshot fleet, in RouteRequest request, ReadOnlySpan<int> candidates, float output, long nowNs, int[] usable, ref RouteDecision decision)
    {
        var deployments = fleet.Deployments;
        var count = 0;
        var lastResorts = 0;
        var recovery = long.MaxValue;
        foreach (var candidate in candidates)
        {
            var entry = deployments[candidate];
            var mask = CandidateMask.Check(entry, candidate, in request, output, nowNs);
            if (mask == MaskReason.None)
            {
                lastResorts += entry.LastResort ? 1 : 0;
                usable[count++] = candidate;
                continue;
            }

            decision.Masked |= mask;
            decision.MaskCounts.Add(mask);
            if ((mask & ~CandidateMask.Passing) != 0)
                continue;
            decision.WaitingHelps = true;
            recovery = Math.Min(recovery, (mask & MaskReason.Full) != 0
                ? nowNs + (long)(entry.State.Model.Service / Math.Max(1, entry.State.InFlight) * 1e9) : Math.Max(nowNs, entry.State.UsableFromNs));
        }

        decision.RecoveryNs = recovery == long.MaxValue ? 0 : recovery;
        if (lastResorts == 0 || lastResorts == count)
            return count;
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (!deployments[usable[i]].LastResort)
                usable[kept++] = usable[i];
        }

        decision.Masked |= MaskReason.LastResort;
        decision.MaskCounts[System.Numerics.BitOperations.TrailingZeroCount((uint)MaskReason.LastResort)] = (ushort)lastResorts;
        return kept;
    }

    private static MaskReason Reserve(DeploymentEntry entry, ref RouteLease lease)
    {
        if (!entry.State.TryBeginTrial(out lease.IsTrial))
            return MaskReason.Breaker;
        if (entry.State.TryReserve(entry.MaxInFlight, in lease))
            return MaskReason.None;
        if (lease.IsTrial)
            entry.State.EndTrial();
        return MaskReason.Full;
    }

    private static void Remove(RouterScratch scratch, int position, ref int usable)
    {
        usable--;
        scratch.Usable[position] = scratch.Usable[usable];
        scratch.Matched[position] = scratch.Matched[usable];
        scratch.SessionHome[position] = scratch.SessionHome[usable];
    }

    private void FindPrefixes(ref PolicyContext context, RouterScratch scratch, int usable, ReadOnlySpan<ulong> prefixHashes)
    {
        if (_prefixes is null)
            return;
        ref readonly var request = ref context.Request;
        if (!prefixHashes.IsEmpty)
        {
            var depths = scratch.Depths.AsSpan(0, _prefixes.SlotCount);
            depths.Clear();
            _prefixes.Lookup(prefixHashes, depths);
            for (var i = 0; i < usable; i++)
            {
                var slot = context.Fleet.Deployments[scratch.Usable[i]].State.PrefixSlot;
                scratch.Matched[i] = slot > 0 && slot < depths.Length ? CoveredTokens(in request, (int)(depths[slot] >> 16)) : 0;
            }

            context.Matched = scratch.Matched;
        }

        if (request.SessionHash == 0)
            return;
        for (var i = 0; i < usable; i++)
            scratch.SessionHome[i] = _prefixes.Contains(request.SessionHash, context.Fleet.Deployments[scratch.Usable[i]].State.PrefixSlot);
        context.SessionHome = scratch.SessionHome;
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

    private float ExpectedOutput(in RouteRequest request)
    {
        float output = request.ExpectedOutputTokens > 0 ? request.ExpectedOutputTokens : _outputTokens[(int)request.TaskClass & 7];
        return request.MaxTokens > 0 ? Math.Min(output, request.MaxTokens) : output;
    }
}
