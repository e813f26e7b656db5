namespace RouterDaemon.Core.Fleet;

/// <summary>Who can see a prompt that is sent to a deployment; ordered, so that a request's floor is one comparison.</summary>
public enum TrustLevel : byte
{
    /// <summary>A third party's machine. The default of a backend.</summary>
    Public = 0,

    /// <summary>A machine of the same owner, reached over a network.</summary>
    Private = 1,

    /// <summary>This machine, this process or its child.</summary>
    Device = 2,
}
