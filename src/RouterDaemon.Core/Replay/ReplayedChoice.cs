using RouterDaemon.Core.Routing;

namespace RouterDaemon.Core.Replay;

/// <summary>What a policy chose on recorded inputs.</summary>
public struct ReplayedChoice
{
    /// <summary>Number of the candidate in <see cref="DecisionInputs.DeploymentIds"/>; -1 = nothing was usable.</summary>
    public int Candidate;

    /// <summary>Its id; empty = nothing was usable.</summary>
    public string DeploymentId;

    /// <summary>Its terms.</summary>
    public CandidateTerms Terms;

    /// <summary>Price above that of the cheapest usable candidate, USD.</summary>
    public double RegretUsd;
}
