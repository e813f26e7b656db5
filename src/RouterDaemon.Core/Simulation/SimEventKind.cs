namespace RouterDaemon.Core.Simulation;

internal enum SimEventKind
{
    /// <summary>A request reaches an engine.</summary>
    Deliver,

    /// <summary>A hosted API's first token, its next tokens.</summary>
    HostedFirst,
    HostedTokens,

    /// <summary>Refused with 429; refused by a dead deployment.</summary>
    Refused,
    Failed,
}
