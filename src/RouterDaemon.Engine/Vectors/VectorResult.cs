namespace RouterDaemon.Engine.Vectors;

/// <summary>Vectors of some texts.</summary>
/// <param name="Vectors">One for each text, in order, as the model gives them.</param>
/// <param name="Tokens">Tokens of all texts.</param>
public sealed record VectorResult(IReadOnlyList<float[]> Vectors, int Tokens);
