using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Backends;

/// <summary>One model as a backend lists it.</summary>
/// <param name="Id">Its name there.</param>
/// <param name="ContextTokens">Context window; 0 = not said.</param>
internal sealed record DiscoveredModel(string Id, int ContextTokens)
{
    /// <summary>What it can do; null = not said.</summary>
    public Capability? Capabilities { get; init; }

    /// <summary>What it costs; null = not said.</summary>
    public PriceConfig? Price { get; init; }
}
