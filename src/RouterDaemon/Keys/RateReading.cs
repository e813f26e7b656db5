namespace RouterDaemon.Keys;

/// <summary>A <see cref="RateWindow"/> as a request found it.</summary>
/// <param name="Excess">The limit that keeps it out; None = it was let in.</param>
/// <param name="RetrySeconds">When it will fit.</param>
/// <param name="RequestsLeft">Requests that still fit, this one counted.</param>
/// <param name="TokensLeft">Tokens that still fit, this one's bound counted.</param>
/// <param name="ResetSeconds">When the window will be empty.</param>
internal readonly record struct RateReading(RateExcess Excess, int RetrySeconds, int RequestsLeft, long TokensLeft, int ResetSeconds);
