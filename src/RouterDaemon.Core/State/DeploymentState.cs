namespace RouterDaemon.Core.State;

/// <summary>Counters and estimates of one deployment, outside the snapshot so that a reload keeps them.</summary>
public sealed class DeploymentState
{
    private int _inFlight;

    /// <summary>Requests chosen and not finished.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);
}
