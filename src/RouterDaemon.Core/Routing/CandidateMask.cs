using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Routing;

/// <summary>The hard rules: what a request must not be sent to, whatever it costs.</summary>
internal static class CandidateMask
{
    /// <summary>Reasons that time can cure.</summary>
    public const MaskReason Passing = MaskReason.Breaker | MaskReason.Down | MaskReason.Full;

    /// <summary>All reasons against a deployment, the last-resort rule excepted.</summary>
    public static MaskReason Check(DeploymentEntry entry, int deployment, in RouteRequest request, float output, long nowNs)
    {
        var state = entry.State;
        state.TickIfDue(nowNs);
        var mask = MaskReason.None;
        if ((request.Required & ~entry.Capabilities) != 0)
            mask |= MaskReason.Capability;
        if (entry.Trust < request.PrivacyFloor)
            mask |= MaskReason.Privacy;
        if (entry.ContextTokens > 0 && (long)request.PromptTokens + Math.Max(request.MaxTokens, 1) > entry.ContextTokens)
            mask |= MaskReason.Context;
        if ((request.RequiredTags & ~entry.Tags) != 0)
            mask |= MaskReason.Tags;
        if (request.MaxCostUsd > 0 && WorstCostUsd(entry, in request, output) > request.MaxCostUsd)
            mask |= MaskReason.Cost;
        if (nowNs < state.UsableFromNs)
            mask |= state.IsHalfOpen ? MaskReason.Breaker : MaskReason.Down;
        else if (state.IsHalfOpen && Volatile.Read(ref state.Counters.Trial) != 0)
            mask |= MaskReason.Breaker;
        if (state.InFlight >= state.EffectiveCap(entry.MaxInFlight))
            mask |= MaskReason.Full;
        if (request.Tried.Count > 0 && request.Tried.Contains(deployment))
            mask |= MaskReason.Tried;
        return mask;
    }

    /// <summary>Nothing cached, and as many answer tokens as allowed or, without a limit, as expected.</summary>
    private static double WorstCostUsd(DeploymentEntry entry, in RouteRequest request, float output) =>
        1e-6 * ((request.PromptTokens * entry.PriceInputUsdPerMillion)
            + ((request.MaxTokens > 0 ? request.MaxTokens : output) * entry.PriceOutputUsdPerMillion));
}
