namespace RouterDaemon.Core.Fleet;

/// <summary>The fleet as of one configuration and discovery. Immutable; a request reads the reference once.</summary>
public sealed class FleetSnapshot
{
    /// <summary>All deployments; an index into this array is a candidate's number for the life of the snapshot.</summary>
    public required DeploymentEntry[] Deployments { get; init; }

    /// <summary>Counts up with every change of the fleet.</summary>
    public long Generation { get; init; }

    /// <summary>Tag names by bit, at most 64.</summary>
    public string[] TagNames { get; init; } = [];
}
