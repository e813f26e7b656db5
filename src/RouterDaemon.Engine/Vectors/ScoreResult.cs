namespace RouterDaemon.Engine.Vectors;

/// <summary>Scores of some documents for a query.</summary>
/// <param name="Scores">One for each document, in order; higher fits better.</param>
/// <param name="Tokens">Tokens of all pairs.</param>
public sealed record ScoreResult(IReadOnlyList<float> Scores, int Tokens);
