namespace RouterDaemon.Store.Records;

/// <summary>What the router has learnt of one deployment.</summary>
/// <param name="DeploymentId"><c>model/backend</c>.</param>
/// <param name="Format">Number of the layout of <paramref name="State"/>; a reader ignores formats it does not know.</param>
/// <param name="State">Opaque bytes, e.g. the unmanaged estimator struct.</param>
public sealed record EstimatorState(string DeploymentId, int Format, byte[] State)
{
    /// <summary>When it was saved; set on load.</summary>
    public DateTimeOffset UpdatedAt { get; init; }
}
