namespace RouterDaemon.Core.State;

/// <summary>The circuit breaker of a deployment.</summary>
public enum BreakerState : byte
{
    /// <summary>In use.</summary>
    Closed = 0,

    /// <summary>Not used until its time has passed.</summary>
    Open = 1,

    /// <summary>One real request at a time tries it.</summary>
    HalfOpen = 2,
}
