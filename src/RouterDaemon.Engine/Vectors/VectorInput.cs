namespace RouterDaemon.Engine.Vectors;

/// <summary>One text to make a vector of.</summary>
/// <param name="Text">The text; null when it is given as tokens.</param>
/// <param name="Tokens">Token ids, taken as they stand; empty when it is given as text.</param>
public sealed record VectorInput(string? Text, ReadOnlyMemory<int> Tokens = default);
