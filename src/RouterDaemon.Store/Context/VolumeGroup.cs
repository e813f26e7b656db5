namespace RouterDaemon.Store.Context;

/// <summary>What <see cref="RequestVolume"/> groups by.</summary>
public enum VolumeGroup
{
    /// <summary>The user's tier.</summary>
    Tier,

    /// <summary>Model id.</summary>
    Model,

    /// <summary>Backend id.</summary>
    Backend,

    /// <summary>Deployment id.</summary>
    Deployment,
}
