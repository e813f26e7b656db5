namespace RouterDaemon.Store.Records;

/// <summary>Values of <c>deployments.status</c>.</summary>
public enum DeploymentHealth
{
    /// <summary>Serves as expected.</summary>
    Healthy,

    /// <summary>Serves, but slower or with more errors than it should.</summary>
    Degraded,

    /// <summary>Does not serve.</summary>
    Down,
}
