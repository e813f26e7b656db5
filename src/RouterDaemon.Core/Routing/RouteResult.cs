namespace RouterDaemon.Core.Routing;

/// <summary>How a choice ended.</summary>
public enum RouteResult : byte
{
    /// <summary>A deployment was chosen and the lease counts against it.</summary>
    Chosen = 0,

    /// <summary>No candidate is usable; the decision says why and whether waiting could help.</summary>
    NothingUsable = 1,
}
