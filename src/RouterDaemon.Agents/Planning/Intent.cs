namespace RouterDaemon.Agents.Planning;

/// <summary>What a question is about.</summary>
public enum Intent
{
    /// <summary>Which deployments are not healthy.</summary>
    Unhealthy,

    /// <summary>State of a model or backend.</summary>
    Status,

    /// <summary>Active incidents.</summary>
    Incidents,

    /// <summary>Why a tier, or everyone, waits long.</summary>
    Slow,

    /// <summary>Why a request went where it went.</summary>
    Request,

    /// <summary>What fails on a deployment.</summary>
    Errors,

    /// <summary>Latency of one window against another.</summary>
    Latency,

    /// <summary>Quality by model and task.</summary>
    Quality,

    /// <summary>Number of requests.</summary>
    Volume,

    /// <summary>A user's budget.</summary>
    User,

    /// <summary>What changed.</summary>
    Change,

    /// <summary>Money.</summary>
    Cost,

    /// <summary>What other routing policies would have done.</summary>
    Policies,

    /// <summary>None of these: SQL is made from the question.</summary>
    Other,
}
