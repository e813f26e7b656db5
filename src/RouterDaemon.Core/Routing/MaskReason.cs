namespace RouterDaemon.Core.Routing;

/// <summary>Why a candidate could not be used; bits, because several can hold. Values are persisted: append only.</summary>
[Flags]
public enum MaskReason : ushort
{
    /// <summary>Usable.</summary>
    None = 0,

    /// <summary>Lacks a capability that the request needs.</summary>
    Capability = 1 << 0,

    /// <summary>Its trust level is below the request's floor.</summary>
    Privacy = 1 << 1,

    /// <summary>Prompt and answer do not fit its context window.</summary>
    Context = 1 << 2,

    /// <summary>Lacks a tag that the request demands.</summary>
    Tags = 1 << 3,

    /// <summary>Would cost more than the request or a budget allows.</summary>
    Cost = 1 << 4,

    /// <summary>Its circuit breaker is open, or a trial is under way.</summary>
    Breaker = 1 << 5,

    /// <summary>Marked down: rate limited, unreachable, or told so by a health check.</summary>
    Down = 1 << 6,

    /// <summary>As many requests in flight as it may have.</summary>
    Full = 1 << 7,

    /// <summary>This request tried it before.</summary>
    Tried = 1 << 8,

    /// <summary>The bundled model, while something else is usable.</summary>
    LastResort = 1 << 9,

    /// <summary>A budget has no room for what it may cost.</summary>
    Budget = 1 << 10,

    /// <summary>Drained by an administrator: what runs goes on, nothing new comes.</summary>
    Drained = 1 << 11,
}
