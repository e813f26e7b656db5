namespace RouterDaemon.Store.Records;

/// <summary>Values of <c>incidents.target_type</c>.</summary>
public enum IncidentTarget
{
    /// <summary><c>model/backend</c>.</summary>
    Deployment,

    /// <summary>A model on all its backends.</summary>
    Model,

    /// <summary>A backend with all its models.</summary>
    Backend,
}
