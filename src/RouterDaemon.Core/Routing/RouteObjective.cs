namespace RouterDaemon.Core.Routing;

/// <summary>What a request asked for by a suffix of the model's name.</summary>
public enum RouteObjective : byte
{
    /// <summary>The weights as they are.</summary>
    Balanced = 0,

    /// <summary><c>:fast</c>: least time; money and quality count little.</summary>
    Fast = 1,

    /// <summary><c>:cheap</c>: least money.</summary>
    Cheap = 2,

    /// <summary><c>:best</c>: highest quality.</summary>
    Best = 3,
}
