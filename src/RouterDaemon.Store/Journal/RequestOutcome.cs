namespace RouterDaemon.Store.Journal;

/// <summary>How a request ended. Stored by number in the journal and by name in <c>r_outcomes</c>: append only.</summary>
public enum RequestOutcome : byte
{
    /// <summary>Answered by a deployment.</summary>
    Success = 0,

    /// <summary>A deployment failed it.</summary>
    Error = 1,

    /// <summary>A deployment did not answer in time.</summary>
    Timeout = 2,

    /// <summary>The client went away.</summary>
    Cancelled = 3,

    /// <summary>Refused before routing: key, permission, budget, bad request.</summary>
    Refused = 4,

    /// <summary>No deployment was allowed or able to serve it.</summary>
    Masked = 5,

    /// <summary>Answered from the cache.</summary>
    Cached = 6,

    /// <summary>A limit of the router itself.</summary>
    RateLimited = 7,
}
