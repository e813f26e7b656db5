namespace RouterDaemon.Core.Routing;

/// <summary>One row of an explanation.</summary>
public struct CandidateReport
{
    /// <summary>Number of the deployment in the snapshot.</summary>
    public int Deployment;

    /// <summary>Why it is masked; None = usable.</summary>
    public MaskReason Masked;

    /// <summary>Requests in flight there.</summary>
    public int InFlight;

    /// <summary>Its terms; also filled for a masked one.</summary>
    public CandidateTerms Terms;
}
