using RouterDaemon.Config;

namespace RouterDaemon.Fleet.Known;

/// <summary>What is publicly known of a hosted model.</summary>
/// <param name="Price">List price.</param>
/// <param name="ContextTokens">Context window; 0 = not known.</param>
/// <param name="Embeds">It makes embeddings and nothing else.</param>
internal sealed record KnownModel(PriceConfig Price, int ContextTokens, bool Embeds);
