using RouterDaemon.Core.State;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Core.Routing;

/// <summary>
/// What a chosen request holds of its deployment until <see cref="Router.OnFinished"/>. Keep one copy and pass it by reference; finishing it twice, or
/// finishing a default one, does nothing.
/// </summary>
public struct RouteLease
{
    internal DeploymentState? State;
    internal long StartNs;
    internal long FirstTokenNs;
    internal long GapStartNs;
    internal long LastTokenNs;
    internal long Sequence;
    internal int Tokens;
    internal long WorkMarkUs;
    internal int GapTokens;
    internal int GapStreams;
    internal int GapReports;
    internal float GapSeconds;
    internal int GapTotal;
    internal int Uncached;
    internal int Cached;
    internal int MatchedTokens;
    internal int PromptTokens;
    internal int PromptBytes;
    internal int KvTokens;
    internal int WorkUs;
    internal float AheadSeconds;
    internal float ExtraSeconds;
    internal TaskClass TaskClass;
    internal float SloTtft;
    internal float PredictedItl;
    internal long GapLimitNs;
    internal bool IsLost;
    internal bool IsTrial;
    internal BudgetState[]? Budgets;
    internal BudgetState[]? CallerBudgets;
    internal double ReservedUsd;

    /// <summary>True until it is finished.</summary>
    public readonly bool IsHeld => State is not null;

    /// <summary>The first token was reported.</summary>
    public readonly bool HasFirstToken => FirstTokenNs != 0;

    /// <summary>Time to the first token; NaN before it.</summary>
    public readonly double TtftMs => FirstTokenNs == 0 ? double.NaN : (FirstTokenNs - StartNs) * 1e-6;

    /// <summary>Mean time between tokens so far; NaN before the second.</summary>
    public readonly double ItlMs
    {
        get
        {
            // Most answers are shorter than the batch that the estimators learn from: the open one counts too.
            var open = GapTokens > 0 ? (LastTokenNs - GapStartNs) * 1e-6 : 0;
            return GapTotal + GapTokens == 0 ? double.NaN : ((GapSeconds * 1e3) + open) / (GapTotal + GapTokens);
        }
    }

    /// <summary>Tokens reported.</summary>
    public readonly int TokenCount => Tokens;
}
