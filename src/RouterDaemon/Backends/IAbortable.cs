namespace RouterDaemon.Backends;

/// <summary>What can be stopped from outside, at any time and from any thread.</summary>
internal interface IAbortable
{
    /// <summary>Stops it; again does nothing.</summary>
    void Abort();
}
