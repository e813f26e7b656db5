namespace RouterDaemon.Store.Records;

/// <summary>One decision with all its inputs, for replay.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="Format">Number of the layout of <paramref name="Inputs"/>.</param>
/// <param name="Inputs">Opaque bytes.</param>
/// <param name="CreatedAt">When it was decided.</param>
public sealed record DecisionSample(string RequestId, int Format, byte[] Inputs, DateTimeOffset CreatedAt);
