namespace RouterDaemon.Bench.Engines;

/// <summary>What one completion took.</summary>
/// <param name="FirstMs">Milliseconds to the first event.</param>
/// <param name="TotalMs">Milliseconds to the end.</param>
/// <param name="Tokens">Tokens of the answer.</param>
internal readonly record struct EngineAnswer(double FirstMs, double TotalMs, int Tokens);
