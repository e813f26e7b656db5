namespace RouterDaemon.Keys;

/// <summary>Which limit a request would exceed.</summary>
internal enum RateExcess : byte
{
    None,
    Requests,
    Tokens,
    Parallel,
}
