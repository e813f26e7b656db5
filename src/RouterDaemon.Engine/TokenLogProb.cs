namespace RouterDaemon.Engine;

/// <summary>The probability of one token at its place, before truncation, penalties and temperature.</summary>
/// <param name="TokenId">The token.</param>
/// <param name="Bytes">Its text as bytes, which need not be whole characters.</param>
/// <param name="LogProb">Natural logarithm of its probability.</param>
/// <param name="Top">The most likely tokens at this place, best first; empty for entries of such a list.</param>
public sealed record TokenLogProb(int TokenId, ReadOnlyMemory<byte> Bytes, float LogProb, IReadOnlyList<TokenLogProb> Top);
