using RouterDaemon.Core.Routing;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Relay;

/// <summary>Two attempts at one streamed request: the first content wins the client, the other one is cancelled.</summary>
internal sealed class HedgeRace(InferenceCall call)
{
    private readonly Lock _lock = new();
    private Attempt? _primary;
    private Attempt? _hedge;
    private Attempt? _winner;
    private RouteDecision _hedgeDecision;

    /// <summary>True once one of them has the client.</summary>
    public bool IsDecided => Volatile.Read(ref _winner) is not null;

    /// <summary>Says what the second attempt was decided from; the next one that enters is it.</summary>
    public void BeginHedge(in RouteDecision decision) => _hedgeDecision = decision;

    /// <summary>An attempt takes part; late for a race that is decided, it is cancelled at once.</summary>
    public void Enter(Attempt attempt)
    {
        bool isLate;
        lock (_lock)
        {
            if (_primary is null)
            {
                _primary = attempt;
            }
            else
            {
                _hedge = attempt;
            }

            isLate = _winner is not null;
        }

        if (isLate)
        {
            attempt.Cancel(RelayError.HedgeLost);
        }
    }

    /// <summary>The first content is here: true for the first attempt that says so, and for it ever after.</summary>
    public bool TryClaim(Attempt attempt)
    {
        Attempt? loser;
        lock (_lock)
        {
            if (_winner is not null)
            {
                return _winner == attempt;
            }

            if (attempt == _hedge)
            {
                // Before any header goes out: this request was answered by the hedge.
                (call.Decision, call.Deployment, call.DecisionKind) = (_hedgeDecision, attempt.Deployment, DecisionKind.Hedged);
            }
            else if (_hedge is not null)
            {
                // The prompt was sent and may be billed although its answer is not wanted.
                call.HedgeCostUsd = new TokenUsage { PromptTokens = call.Route.PromptTokens }.CostUsd(_hedge.Deployment);
            }

            loser = attempt == _primary ? _hedge : _primary;
            Volatile.Write(ref _winner, attempt);
        }

        loser?.Cancel(RelayError.HedgeLost);
        return true;
    }

    /// <summary>True when an attempt may write on the call: it has the client.</summary>
    public bool IsWonBy(Attempt attempt) => Volatile.Read(ref _winner) == attempt;

    /// <summary>True for the attempt that was late.</summary>
    public bool IsPrimary(Attempt attempt) => _primary == attempt;

    /// <summary>Cancels both: something unforeseen happened to one of them.</summary>
    public void Abandon()
    {
        _primary?.Cancel(RelayError.HedgeLost);
        _hedge?.Cancel(RelayError.HedgeLost);
    }
}
